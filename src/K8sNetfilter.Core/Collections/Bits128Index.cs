using K8sNetfilter.Addressing;

namespace K8sNetfilter.Collections;

/// <summary>
/// Numbers addresses, ports or the like from 0 on, in the order in which they come. It is what a dictionary does, but for one thing: a
/// dictionary over a type of ours is compiled on the node, on each start, and this is compiled ahead of time.
/// </summary>
internal sealed class Bits128Index
{
    // Each key's number plus one at the slot of its hash or the next free one behind it.
    private int[] _slots = new int[16];
    private Bits128[] _keys = new Bits128[8];

    /// <summary>How many keys there are.</summary>
    public int Count { get; private set; }

    /// <summary>A key's number; -1 where it has none.</summary>
    public int Find(Bits128 key)
    {
        for (int slot = Slot(key); _slots[slot] is > 0 and int number; slot = (slot + 1) & (_slots.Length - 1))
        {
            if (_keys[number - 1] == key)
            {
                return number - 1;
            }
        }

        return -1;
    }

    /// <summary>A key's number, which it gets where it has none.</summary>
    public int Add(Bits128 key)
    {
        if (Find(key) is >= 0 and int known)
        {
            return known;
        }

        if (Count == _keys.Length)
        {
            Array.Resize(ref _keys, Count * 2);
            _slots = new int[_slots.Length * 2];
            for (int i = 0; i < Count; i++)
            {
                Place(i);
            }
        }

        _keys[Count] = key;
        Place(Count);
        return Count++;
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
