namespace K8sNetfilter.Rulesets.Parts;

/// <summary>
/// What a rule does: a verdict, another chain, or an extension. It shows as its name, and equals its name, so that
/// <c>Where-Object Target -eq DNAT</c> does what it says. Targets that the simulator understands have a class of their own.
/// </summary>
public class RuleTarget : RulePart
{
    private protected RuleTarget(RulePartSource words, RuleTargetKind kind = RuleTargetKind.Extension)
        : base(words)
    {
        Kind = kind;
    }

    /// <summary>Makes a target as iptables-save would write it.</summary>
    /// <param name="name">A verdict, a chain or an extension's name, iptables-extensions(8).</param>
    /// <param name="options">Its options.</param>
    public static RuleTarget Create(string name, params RuleOption[] options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        return Create(new RulePartSource(name, [new RuleOption("jump", name), .. options], Introduced: true));
    }

    /// <summary>A verdict or an extension; a chain is made by <c>ChainTarget</c>.</summary>
    internal static RuleTarget Create(RulePartSource words) => words.Name switch
    {
        "ACCEPT" => new RuleTarget(words, RuleTargetKind.Accept),
        "DROP" => new RuleTarget(words, RuleTargetKind.Drop),
        "RETURN" => new RuleTarget(words, RuleTargetKind.Return),
        "QUEUE" => new RuleTarget(words, RuleTargetKind.Queue),
        _ => TargetParser.Read(words),
    };

    internal static RuleTarget Unread(RulePartSource words) => new(words);

    /// <summary>What kind of target it is.</summary>
    public RuleTargetKind Kind { get; }

    /// <summary>The target with its options, as it is written in a rule: <c>-j DNAT --to-destination 10.244.0.3:8080</c>.</summary>
    public string Text => Written();

    /// <inheritdoc/>
    public sealed override string ToString() => Name;

    /// <summary>True for a target, or a text, of this name.</summary>
    public sealed override bool Equals(object? obj) => obj switch
    {
        RuleTarget other => string.Equals(Name, other.Name, StringComparison.Ordinal),
        string name => string.Equals(Name, name, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    /// <inheritdoc/>
    public sealed override int GetHashCode() => StringComparer.OrdinalIgnoreCase.GetHashCode(Name);
}
