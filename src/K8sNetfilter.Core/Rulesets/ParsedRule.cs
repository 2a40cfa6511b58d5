using System.Text;
using K8sNetfilter.Rulesets.Parts;

namespace K8sNetfilter.Rulesets;

/// <summary>A rule taken apart: its conditions and its target, with what it takes to write the same line again.</summary>
internal sealed class ParsedRule
{
    private readonly RulePart[] _parts;
    private readonly RuleOption[]? _order;
    private readonly string _trailing;

    /// <summary>Makes the content.</summary>
    /// <param name="parts">The parts in the order in which they first appear.</param>
    /// <param name="order">The options in the order of the line where parts are interleaved; null where each part stands together.</param>
    /// <param name="trailing">The white space at the end of the line.</param>
    public ParsedRule(RulePart[] parts, RuleOption[]? order, string trailing)
    {
        _parts = parts;
        _order = order;
        _trailing = trailing;
        int matches = 0;
        foreach (var part in parts)
        {
            if (part is RuleMatch)
            {
                matches++;
            }
            else if (part is RuleTarget target)
            {
                Target = target;
            }
        }

        if (matches == 0)
        {
            return;
        }

        var found = new RuleMatch[matches];
        matches = 0;
        foreach (var part in parts)
        {
            if (part is RuleMatch match)
            {
                found[matches++] = match;
            }
        }

        Matches = found;
    }

    /// <summary>The conditions, in the order of the line.</summary>
    public RuleMatch[] Matches { get; } = [];

    /// <summary>What the rule does; null for a rule that only counts.</summary>
    public RuleTarget? Target { get; }

    /// <summary>What a rule that was made counts; null for none, and for a rule that was read, whose line has them.</summary>
    public (ulong Packets, ulong Bytes)? Counters { get; init; }

    /// <summary>The line.</summary>
    public string Write()
    {
        var line = new StringBuilder(160);
        if (_order is not null)
        {
            foreach (var option in _order)
            {
                option.Spell(line);
            }
        }
        else
        {
            foreach (var part in _parts)
            {
                foreach (var option in part.AllOptions)
                {
                    option.Spell(line);
                }
            }
        }

        return line.Append(_trailing).ToString();
    }
}
