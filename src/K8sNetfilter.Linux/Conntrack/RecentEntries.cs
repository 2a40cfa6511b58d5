namespace K8sNetfilter.Conntrack;

/// <summary>
/// Knows the entries read last. The kernel remembers the last entry that it put into a datagram and goes on behind it; where that entry has
/// gone meanwhile, it begins the hash bucket again, and what was read of the bucket comes a second time (ctnetlink_dump_table in
/// net/netfilter/nf_conntrack_netlink.c). A repetition is never further away than a bucket's chain, which is shorter than this
/// (80 at most since 5.15, and a handful in any table of a sensible size).
/// </summary>
internal sealed class RecentEntries
{
    private const int Size = 512;
    private readonly uint[] _ids = new uint[Size];
    private readonly ConntrackTuple[] _tuples = new ConntrackTuple[Size];
    private int _count;

    /// <summary>Notes an entry. False where it was among those read last.</summary>
    internal bool Add(in ConntrackRecord record)
    {
        var known = _ids.AsSpan(0, Math.Min(_count, Size));
        int place = known.IndexOf(record.Id);
        // The identifier alone is 32 bits of hash: two living entries can share it.
        while (place >= 0)
        {
            if (_tuples[place] == record.Original)
            {
                return false;
            }

            int next = known[(place + 1)..].IndexOf(record.Id);
            place = next < 0 ? -1 : place + 1 + next;
        }

        int slot = _count % Size;
        _ids[slot] = record.Id;
        _tuples[slot] = record.Original;
        // Never back to less than full once it was.
        _count = _count == 2 * Size - 1 ? Size : _count + 1;
        return true;
    }
}
