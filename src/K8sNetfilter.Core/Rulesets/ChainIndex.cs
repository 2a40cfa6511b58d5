using System.Buffers.Text;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// The rules of a long chain by the one destination address or port that they ask for, so that a packet only meets those that can match it:
/// kube-proxy's KUBE-SERVICES and KUBE-NODEPORTS have one or more rules a Service, and a packet has one destination. Made once for a chain,
/// whoever walks it.
/// </summary>
internal sealed class ChainIndex
{
    private readonly RuleIndexColumn _byDestination = new();
    private readonly RuleIndexColumn _byPort = new();
    private readonly int[] _others;

    public ChainIndex(NetfilterChain chain)
    {
        var family = chain.Family;
        var others = new List<int>();
        foreach (var rule in chain.Rules)
        {
            if (!rule.IsUnread && TryExactDestination(rule, family, out var destination))
            {
                _byDestination.Add(destination, rule.Index);
            }
            else if (!rule.IsUnread && TryExactPort(rule.Line, out int port))
            {
                _byPort.Add((ulong)port, rule.Index);
            }
            else
            {
                others.Add(rule.Index);
            }
        }

        _byDestination.Complete();
        _byPort.Complete();
        _others = [.. others];
    }

    /// <summary>True where every packet meets the rule.</summary>
    public bool IsForAll(int index) => Array.BinarySearch(_others, index) >= 0;

    /// <summary>The first rule that a packet can match.</summary>
    /// <param name="from">The rule to start at.</param>
    /// <param name="destination">The packet's destination.</param>
    /// <param name="port">Its destination port; -1 if its protocol has none.</param>
    /// <param name="count">How many rules there are: the answer if no rule can match.</param>
    public int Next(int from, Bits128 destination, int port, int count)
    {
        int next = Math.Min(count, RuleIndexColumn.First(_others, from));
        next = Math.Min(next, _byDestination.First(destination, from));
        return port < 0 ? next : Math.Min(next, _byPort.First((ulong)port, from));
    }

    // A rule with "--dport 80" outside of quotes, and no "!" before it.
    private static bool TryExactPort(ReadOnlySpan<byte> line, out int port)
    {
        port = 0;
        bool open = false;
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '"')
            {
                open = !open;
            }
            else if (open)
            {
                i += line[i] == '\\' ? 1 : 0;
            }
            else if (line[i] == ' ' && line[i..].StartsWith(" --dport "u8))
            {
                var rest = line[(i + 9)..];
                int end = rest.IndexOf((byte)' ');
                rest = end < 0 ? rest : rest[..end];
                return !(i >= 1 && line[i - 1] == '!') && rest.Length is > 0 and < 6 && rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
                    && Utf8Parser.TryParse(rest, out port, out int used) && used == rest.Length;
            }
        }

        return false;
    }

    // Looks at the line itself: taking a rule apart costs a microsecond, and most rules of a long chain are never asked.
    private static bool TryExactDestination(RuleRef rule, IPFamily family, out Bits128 destination)
    {
        destination = default;
        var line = rule.Line;
        if (line.IsEmpty)
        {
            foreach (var match in rule.Rule.Conditions)
            {
                if (match.Name == "destination" && match.Options[0] is { Negated: false } option)
                {
                    return AddressBits.TryParsePrefix(option.Value ?? "", family, out destination, out var mask) && mask == AddressBits.Mask(128, family);
                }
            }

            return false;
        }

        int at = line.IndexOf(" -d "u8);
        int quote = line.IndexOf((byte)'"');
        if (at < 0 || (quote >= 0 && quote < at) || (at >= 1 && line[at - 1] == '!'))
        {
            return false;
        }

        var rest = line[(at + 4)..];
        int end = rest.IndexOf((byte)' ');
        var word = end < 0 ? rest : rest[..end];
        return AddressBits.TryParsePrefix(word, family, out destination, out var full) && full == AddressBits.Mask(128, family);
    }
}
