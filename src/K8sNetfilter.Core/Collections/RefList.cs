namespace K8sNetfilter.Collections;

/// <summary>
/// A list of values that is filled again for each line. Its items are changed in place; and unlike a list of the framework over a type of
/// ours, which is compiled on the node on each start, it is compiled ahead of time.
/// </summary>
internal sealed class RefList<T>
    where T : struct
{
    private T[] _items = new T[16];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>All of them, until the next is added.</summary>
    public Span<T> All => _items.AsSpan(0, Count);

    /// <summary>One of them.</summary>
    public ref T this[int index] => ref All[index];

    /// <summary>The newest.</summary>
    public ref T Last => ref All[^1];

    public void Clear() => Count = 0;

    public void Add(in T item)
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Count * 2);
        }

        _items[Count++] = item;
    }
}
