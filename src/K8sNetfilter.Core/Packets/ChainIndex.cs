using System.Buffers.Text;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Packets;

/// <summary>
/// The rules of a long chain by the one destination address or port that they ask for, so that a packet only meets those that can match it:
/// kube-proxy's KUBE-SERVICES and KUBE-NODEPORTS have one or more rules a Service, and a packet has one destination. Made once for a chain,
/// whoever walks it.
/// </summary>
internal sealed class ChainIndex
{
    private readonly RulesByKey _byDestination = new();
    private readonly RulesByKey _byPort = new();
    private readonly int[] _others;

    public ChainIndex(NetfilterChain chain)
    {
        bool v6 = chain.Family == IPFamily.IPv6;
        var others = new List<int>();
        foreach (var rule in chain.Rules)
        {
            if (!rule.IsUnread && TryExactDestination(rule, v6, out var destination))
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

    /// <summary>The first rule from <paramref name="from"/> on that a packet can match; <paramref name="count"/> where there is none.</summary>
    public int Next(int from, WalkState packet, int count)
    {
        int next = Math.Min(count, RulesByKey.First(_others, from));
        next = Math.Min(next, _byDestination.First(packet.Destination, from));
        return packet.HasPorts ? Math.Min(next, _byPort.First((ulong)packet.DestinationPort, from)) : next;
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
    private static bool TryExactDestination(KeptRule rule, bool v6, out Bits128 destination)
    {
        destination = default;
        var line = rule.Line;
        if (line.IsEmpty)
        {
            foreach (var match in rule.Rule.Conditions)
            {
                if (match.Name == "destination" && match.Options[0] is { Negated: false } option)
                {
                    return AddressBits.TryParsePrefix(option.Value ?? "", v6, out destination, out var mask) && mask == AddressBits.Mask(128, v6);
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
        return AddressBits.TryParsePrefix(word, v6, out destination, out var full) && full == AddressBits.Mask(128, v6);
    }
}
