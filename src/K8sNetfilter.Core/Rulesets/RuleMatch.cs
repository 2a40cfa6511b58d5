namespace K8sNetfilter.Rulesets;

/// <summary>
/// One condition that a packet must meet. Conditions that the simulator understands have a class of their own with their values; every
/// other is this class, with its options as they were written.
/// </summary>
public class RuleMatch : RulePart
{
    private protected RuleMatch(RulePartWords words)
        : base(words)
    {
    }

    /// <summary>Makes a condition: <c>new RuleMatch("tcp", new RuleOption("dport", "80"))</c> as iptables-save would write it.</summary>
    /// <param name="name">The extension's name, iptables-extensions(8).</param>
    /// <param name="options">Its options.</param>
    public static RuleMatch Create(string name, params RuleOption[] options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        return RuleNames.IsHeader(name)
            ? Create(new RulePartWords(name, options, Introduced: false))
            : Create(new RulePartWords(name, [new RuleOption("match", name), .. options], Introduced: true));
    }

    internal static RuleMatch Create(RulePartWords words) => MatchReader.Read(words);

    internal static RuleMatch Unread(RulePartWords words) => new(words);

    /// <summary>The condition as it is written in a rule.</summary>
    public override string ToString() => Written();
}
