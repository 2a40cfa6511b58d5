using K8sNetfilter.Rulesets.Grammar;

namespace K8sNetfilter.Rulesets.Parts;

/// <summary>
/// One condition that a packet must meet. Conditions that the simulator understands have a class of their own with their values; every
/// other is this class, with its options as they were written.
/// </summary>
public class RuleMatch : RulePart
{
    private protected RuleMatch(RulePartSource words)
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
        return OptionNames.IsHeader(name)
            ? Create(new RulePartSource(name, options, Introduced: false))
            : Create(new RulePartSource(name, [new RuleOption("match", name), .. options], Introduced: true));
    }

    internal static RuleMatch Create(RulePartSource words) => MatchParser.Read(words);

    internal static RuleMatch Unread(RulePartSource words) => new(words);

    /// <summary>The condition as it is written in a rule.</summary>
    public override string ToString() => Written();
}
