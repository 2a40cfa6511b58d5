using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Packets;

/// <summary>
/// A chain, ready to be walked. A long chain is indexed once by the destination that its rules ask for, so that a packet only meets the
/// rules that can match it: kube-proxy's KUBE-SERVICES has one or more rules a Service, and a packet has one destination.
/// </summary>
internal sealed class WalkChain(NetfilterChain chain, WalkCompiler compiler)
{
    /// <summary>Chains up to this length are looked through rule by rule.</summary>
    private const int Short = 24;

    private readonly WalkRule?[] _rules = new WalkRule?[chain.Rules.Length];
    private Dictionary<UInt128, int[]>? _byDestination;
    private int[]? _others;

    public NetfilterChain Chain { get; } = chain;

    public string Name => Chain.Name;

    public int Count => _rules.Length;

    public WalkRule this[int index] => _rules[index] ??= new WalkRule(Chain.Rules[index], compiler);

    /// <summary>The first rule from <paramref name="from"/> on that a packet to this destination can match; the count where there is none.</summary>
    public int Next(int from, UInt128 destination)
    {
        if (Count <= Short || from >= Count)
        {
            return from;
        }

        if (_others is null)
        {
            Index();
        }

        int next = First(_others!, from);
        return _byDestination!.TryGetValue(destination, out var own) ? Math.Min(next, First(own, from)) : next;
    }

    private int First(int[] sorted, int from)
    {
        int at = Array.BinarySearch(sorted, from);
        at = at < 0 ? ~at : at;
        return at < sorted.Length ? sorted[at] : Count;
    }

    private void Index()
    {
        var byDestination = new Dictionary<UInt128, List<int>>();
        var others = new List<int>();
        var rules = Chain.Rules;
        for (int i = 0; i < rules.Length; i++)
        {
            if (TryExactDestination(rules[i], out var destination))
            {
                if (!byDestination.TryGetValue(destination, out var list))
                {
                    byDestination[destination] = list = new List<int>(2);
                }

                list.Add(i);
            }
            else
            {
                others.Add(i);
            }
        }

        var index = new Dictionary<UInt128, int[]>(byDestination.Count);
        foreach (var (address, list) in byDestination)
        {
            index[address] = [.. list];
        }

        _byDestination = index;
        _others = [.. others];
    }

    // Looks at the line itself: taking a rule apart costs a microsecond, and most rules of a long chain are never asked.
    private bool TryExactDestination(NetfilterRule rule, out UInt128 destination)
    {
        destination = default;
        var line = rule.Line;
        if (line.IsEmpty)
        {
            foreach (var match in rule.Matches)
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
        if (word.Length > 64)
        {
            return false;
        }

        Span<char> text = stackalloc char[word.Length];
        for (int i = 0; i < word.Length; i++)
        {
            text[i] = (char)word[i];
        }

        return AddressBits.TryParsePrefix(text, compiler.V6, out destination, out var full) && full == AddressBits.Mask(128, compiler.V6);
    }
}
