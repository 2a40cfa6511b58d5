namespace K8sNetfilter.Packets;

/// <summary>
/// The places of rules by an address or a port: what is added in ascending order is found from any place on. A class of its own and not a
/// dictionary of lists: it holds ten thousand keys in a few arrays, and it is compiled ahead of time.
/// </summary>
internal sealed class RulesByKey
{
    // Each key's number plus one at the slot of its hash or the next free one behind it.
    private int[] _slots = new int[32];
    private Bits128[] _keys = new Bits128[16];
    private int _count;

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

        (_starts[_added], _rules[_added]) = (Number(key), rule);
        _added++;
    }

    /// <summary>Nothing more is added: puts together what belongs to one key.</summary>
    public void Complete()
    {
        int[] starts = new int[_count + 1];
        for (int i = 0; i < _added; i++)
        {
            starts[_starts[i] + 1]++;
        }

        for (int key = 0; key < _count; key++)
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
    public int First(Bits128 key, int from)
    {
        for (int slot = Slot(key); _slots[slot] is > 0 and int number; slot = (slot + 1) & (_slots.Length - 1))
        {
            if (_keys[number - 1] == key)
            {
                return First(_rules, _starts[number - 1], _starts[number], from);
            }
        }

        return int.MaxValue;
    }

    /// <summary>The first of ascending places from <paramref name="from"/> on; <see cref="int.MaxValue"/> where there is none.</summary>
    public static int First(int[] ascending, int from) => First(ascending, 0, ascending.Length, from);

    private static int First(int[] ascending, int start, int end, int from)
    {
        int at = Array.BinarySearch(ascending, start, end - start, from);
        at = at < 0 ? ~at : at;
        return at < end ? ascending[at] : int.MaxValue;
    }

    private int Number(Bits128 key)
    {
        for (int slot = Slot(key); _slots[slot] is > 0 and int number; slot = (slot + 1) & (_slots.Length - 1))
        {
            if (_keys[number - 1] == key)
            {
                return number - 1;
            }
        }

        if (_count == _keys.Length)
        {
            Array.Resize(ref _keys, _count * 2);
            _slots = new int[_slots.Length * 2];
            for (int i = 0; i < _count; i++)
            {
                Place(i);
            }
        }

        _keys[_count] = key;
        Place(_count);
        return _count++;
    }

    private void Place(int number)
    {
        int slot = Slot(_keys[number]);
        while (_slots[slot] != 0)
        {
            slot = (slot + 1) & (_slots.Length - 1);
        }

        _slots[slot] = number + 1;
    }

    private int Slot(Bits128 key) => key.GetHashCode() & (_slots.Length - 1);
}
