using K8sNetfilter.Logic;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>An interface name of a rule; a <c>+</c> at its end stands for any rest (iptables(8), <c>-i</c>).</summary>
internal readonly struct InterfacePattern
{
    private readonly string _name;
    private readonly bool _prefix;

    public InterfacePattern(string text)
    {
        _prefix = text.EndsWith('+');
        _name = _prefix ? text[..^1] : text;
    }

    /// <summary>Asks a name: "" is no interface (which a lone <c>+</c> matches too, ifname_compare_aligned), null an unknown one.</summary>
    public MatchOutcome Test(string? name) => _prefix && _name.Length == 0 ? MatchOutcome.Yes
        : name is null ? MatchOutcome.Unknown
        : MatchOutcomes.Is(_prefix ? name.StartsWith(_name, StringComparison.Ordinal) : name == _name);
}
