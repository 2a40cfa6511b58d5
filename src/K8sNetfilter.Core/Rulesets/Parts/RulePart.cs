using System.Text;

namespace K8sNetfilter.Rulesets.Parts;

/// <summary>What a rule is made of: its matches, its target, and the odd word beside them.</summary>
public abstract class RulePart
{
    private readonly RuleOption[] _all;
    private readonly bool _introduced;

    private protected RulePart(RulePartSource words)
    {
        Name = words.Name;
        _all = words.Options;
        _introduced = words.Introduced;
    }

    /// <summary>The name: <c>tcp</c>, <c>statistic</c>, <c>source</c>; <c>DNAT</c>, <c>ACCEPT</c>, <c>KUBE-SERVICES</c>.</summary>
    public string Name { get; }

    /// <summary>The options in the order in which they are written.</summary>
    public IReadOnlyList<RuleOption> Options => _introduced ? new ArraySegment<RuleOption>(_all, 1, _all.Length - 1) : _all;

    /// <summary>The first option of that name (without dashes); null if there is none.</summary>
    public RuleOption? GetOption(string name)
    {
        foreach (var option in Options)
        {
            if (string.Equals(option.Name, name, StringComparison.Ordinal))
            {
                return option;
            }
        }

        return null;
    }

    /// <summary>The value of the first option of that name; null if there is none, or no value.</summary>
    public string? this[string name] => GetOption(name)?.Value;

    /// <summary>True where an option of that name is given.</summary>
    internal bool Has(string name) => GetOption(name) is not null;

    internal ReadOnlySpan<RuleOption> AllOptions => _all;

    internal string Written()
    {
        var output = new StringBuilder();
        foreach (var option in _all)
        {
            option.Spell(output);
        }

        return output.ToString().Trim(' ');
    }
}
