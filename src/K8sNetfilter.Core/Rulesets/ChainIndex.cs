using System.Buffers.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets.Grammar;

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
            int port = -1;
            if (!rule.IsUnread && TryDestination(rule, family, out var destination, out port))
            {
                _byDestination.Add(destination, rule.Index);
            }
            else if (port >= 0)
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

    // True for a rule that matches one destination only; else its one destination port, -1 if there is none. Reads the words of the line
    // itself: to take a rule apart costs a microsecond, and most rules of a long chain are never met.
    private static bool TryDestination(RuleRef rule, IPFamily family, out Bits128 destination, out int port)
    {
        destination = default;
        port = -1;
        var line = rule.Line;
        if (line.IsEmpty)
        {
            return TryMadeDestination(rule, family, out destination);
        }

        // A word after an option may be its value ("--comment -d"), and one after "!" is negated: neither is a key.
        var words = new RuleWords(line, Math.Max(0, line.IndexOf((byte)' ')));
        bool isFree = true, hasDestination = false;
        while (words.TryPlain(out int start))
        {
            var word = line[start..words.At];
            bool isDestination = isFree && !hasDestination && word.SequenceEqual("-d"u8);
            if (!isDestination && !(isFree && word.SequenceEqual("--dport"u8)))
            {
                isFree = word[0] is not ((byte)'-' or (byte)'!');
                continue;
            }

            if (!words.TryPlain(out start))
            {
                return false;
            }

            word = line[start..words.At];
            if (!isDestination)
            {
                bool isNumber = word.Length < 6 && word.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;
                port = isNumber && Utf8Parser.TryParse(word, out int value, out _) ? value : -1;
                return false;
            }

            if (AddressBits.TryParsePrefix(word, family, out destination, out var mask) && mask == AddressBits.Mask(128, family))
            {
                return true;
            }

            hasDestination = true;
        }

        return false;
    }

    // A rule that was made from values has no line.
    private static bool TryMadeDestination(RuleRef rule, IPFamily family, out Bits128 destination)
    {
        destination = default;
        foreach (var match in rule.Rule.Conditions)
        {
            if (match.Name == "destination" && match.Options[0] is { Negated: false } option)
            {
                return AddressBits.TryParsePrefix(option.Value ?? "", family, out destination, out var mask)
                    && mask == AddressBits.Mask(128, family);
            }
        }

        return false;
    }
}
