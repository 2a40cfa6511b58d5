using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Packets;

/// <summary>
/// A chain, ready to be walked. A long chain is indexed once by the destination address or port that its rules ask for, so that a packet
/// only meets the rules that can match it: kube-proxy's KUBE-SERVICES and KUBE-NODEPORTS have one or more rules a Service, and a packet
/// has one destination.
/// </summary>
internal sealed class WalkChain(NetfilterChain chain, WalkCompiler compiler, bool isPassing = false)
{
    /// <summary>Chains up to this length are looked through rule by rule.</summary>
    private const int Short = 24;

    private readonly WalkRule?[] _rules = new WalkRule?[chain.Kept];
    private Dictionary<Bits128, int[]>? _byDestination;
    private Dictionary<int, int[]>? _byPort;
    private int[]? _others;

    public NetfilterChain Chain { get; } = chain;

    public string Name => Chain.Name;

    public int Count => _rules.Length;

    /// <summary>Only packets to one address or port come here: see <see cref="WalkCompiler.Forget"/>.</summary>
    public bool IsPassing { get; } = isPassing;

    public WalkRule this[int index]
    {
        get
        {
            if (_rules[index] is { } known)
            {
                return known;
            }

            bool forOne = IsPassing || (compiler.Forgets && _others is not null && Array.BinarySearch(_others, index) < 0);
            var made = new WalkRule(new KeptRule(Chain, index), compiler, forOne);
            return forOne && !IsPassing ? made : _rules[index] = made;
        }
    }

    /// <summary>The first rule from <paramref name="from"/> on that a packet can match; the count where there is none.</summary>
    public int Next(int from, WalkState packet)
    {
        if (Count <= Short || from >= Count || (packet.HasPorts && packet.DestinationPort < 0))
        {
            return from;
        }

        if (_others is null)
        {
            Index();
        }

        int next = First(_others!, from);
        if (_byDestination!.TryGetValue(packet.Destination, out var byDestination))
        {
            next = Math.Min(next, First(byDestination, from));
        }

        return packet.HasPorts && _byPort!.TryGetValue(packet.DestinationPort, out var byPort) ? Math.Min(next, First(byPort, from)) : next;
    }

    private int First(int[] sorted, int from)
    {
        int at = Array.BinarySearch(sorted, from);
        at = at < 0 ? ~at : at;
        return at < sorted.Length ? sorted[at] : Count;
    }

    private void Index()
    {
        var byDestination = new Dictionary<Bits128, List<int>>();
        var byPort = new Dictionary<int, List<int>>();
        var others = new List<int>();
        foreach (var rule in Chain.Rules)
        {
            if (rule.IsUnread)
            {
                others.Add(rule.Index);
            }
            else if (TryExactDestination(rule, out var destination))
            {
                Add(byDestination, destination, rule.Index);
            }
            else if (TryExactPort(rule.Line, out int port))
            {
                Add(byPort, port, rule.Index);
            }
            else
            {
                others.Add(rule.Index);
            }
        }

        _byDestination = byDestination.ToDictionary(p => p.Key, p => p.Value.ToArray());
        _byPort = byPort.ToDictionary(p => p.Key, p => p.Value.ToArray());
        _others = [.. others];

        static void Add<T>(Dictionary<T, List<int>> index, T key, int rule)
            where T : notnull
        {
            if (!index.TryGetValue(key, out var list))
            {
                index[key] = list = new List<int>(2);
            }

            list.Add(rule);
        }
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
                    && System.Buffers.Text.Utf8Parser.TryParse(rest, out port, out int used) && used == rest.Length;
            }
        }

        return false;
    }

    // Looks at the line itself: taking a rule apart costs a microsecond, and most rules of a long chain are never asked.
    private bool TryExactDestination(KeptRule rule, out Bits128 destination)
    {
        destination = default;
        var line = rule.Line;
        if (line.IsEmpty)
        {
            foreach (var match in rule.Rule.Matches)
            {
                if (match.Name == "destination" && match.Options[0] is { Negated: false } option)
                {
                    return AddressBits.TryParsePrefix(option.Value ?? "", compiler.V6, out destination, out var mask) && mask == AddressBits.Mask(128, compiler.V6);
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
        return AddressBits.TryParsePrefix(word, compiler.V6, out destination, out var full) && full == AddressBits.Mask(128, compiler.V6);
    }
}
