using K8sNetfilter.Rulesets.Grammar;

namespace K8sNetfilter.Rulesets.Reading;

/// <summary>
/// The head of what <c>iptables -S</c> prints: the policies of a table's built-in chains, before anything else.
/// The table's name is not in it, but which chains there are tells (net/ipv4/netfilter/iptable_*.c, valid hooks).
/// </summary>
internal sealed class ListingHead
{
    private readonly List<byte[]> _lines = [];
    private readonly List<string> _names = [];

    /// <summary>The line of the first policy.</summary>
    public int Line { get; private set; }

    /// <summary>The policies, as lines.</summary>
    public IReadOnlyList<byte[]> Lines => _lines;

    /// <summary>
    /// Whether a policy can be of the same table as those before it: each chain comes once, PREROUTING first, and INPUT before OUTPUT. The
    /// rest of the order changed between versions.
    /// </summary>
    public bool Continues(ReadOnlySpan<byte> chain)
    {
        string name = OptionNames.Intern(chain);
        return _names.Count == 0 || !(name == "PREROUTING" || Has(name) || (name == "INPUT" && Has("OUTPUT")));
    }

    /// <summary>Adds a policy.</summary>
    public void Add(ReadOnlySpan<byte> chain, ReadOnlySpan<byte> text, int line)
    {
        Line = _names.Count == 0 ? line : Line;
        _names.Add(OptionNames.Intern(chain));
        _lines.Add(text.ToArray());
    }

    /// <summary>The table that has these chains; null where more than one has.</summary>
    public string? Table => (Has("PREROUTING"), Has("FORWARD"), Has("POSTROUTING")) switch
    {
        (true, true, true) => "mangle",
        (true, false, true) => "nat",
        (true, false, false) when Has("OUTPUT") => "raw",
        (false, _, false) when Has("INPUT") || Has("FORWARD") => "filter",
        _ => null,
    };

    /// <summary>Makes room for the next table's.</summary>
    public void Clear()
    {
        _names.Clear();
        _lines.Clear();
    }

    private bool Has(string chain) => _names.Contains(chain);
}
