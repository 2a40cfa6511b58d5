using K8sNetfilter.Addressing;
using K8sNetfilter.Collections;

namespace K8sNetfilter.Rulesets;

/// <summary>The places of rules by an address or a port: what is added in ascending order is found from any place on.</summary>
internal sealed class RuleIndexColumn
{
    private readonly Bits128Index _keys = new();

    // While rules are added: the key's number and the place of each. Then where each key's places begin, with the end behind the last.
    private int[] _starts = new int[16];
    private int[] _rules = new int[16];
    private int _added;

    /// <summary>Adds a rule, behind all that were added before.</summary>
    public void Add(Bits128 key, int rule)
    {
        if (_added == _rules.Length)
        {
            Array.Resize(ref _rules, _added * 2);
            Array.Resize(ref _starts, _added * 2);
        }

        (_starts[_added], _rules[_added]) = (_keys.Add(key), rule);
        _added++;
    }

    /// <summary>Nothing more is added: puts together what belongs to one key.</summary>
    public void Complete()
    {
        int[] starts = new int[_keys.Count + 1];
        for (int i = 0; i < _added; i++)
        {
            starts[_starts[i] + 1]++;
        }

        for (int key = 0; key < _keys.Count; key++)
        {
            starts[key + 1] += starts[key];
        }

        int[] rules = new int[_added];
        int[] next = (int[])starts.Clone();
        for (int i = 0; i < _added; i++)
        {
            rules[next[_starts[i]]++] = _rules[i];
        }

        (_starts, _rules) = (starts, rules);
    }

    /// <summary>The first rule of a key from <paramref name="from"/> on; <see cref="int.MaxValue"/> where there is none.</summary>
    public int First(Bits128 key, int from) =>
        _keys.Find(key) is >= 0 and int number ? First(_rules, _starts[number], _starts[number + 1], from) : int.MaxValue;

    /// <summary>The first of ascending places from <paramref name="from"/> on; <see cref="int.MaxValue"/> where there is none.</summary>
    public static int First(int[] ascending, int from) => First(ascending, 0, ascending.Length, from);

    private static int First(int[] ascending, int start, int end, int from)
    {
        int at = Array.BinarySearch(ascending, start, end - start, from);
        at = at < 0 ? ~at : at;
        return at < end ? ascending[at] : int.MaxValue;
    }
}
