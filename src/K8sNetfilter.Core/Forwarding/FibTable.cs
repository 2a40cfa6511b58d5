using K8sNetfilter.Addressing;
using K8sNetfilter.Collections;

namespace K8sNetfilter.Forwarding;

/// <summary>
/// One routing table of one family: the longest prefix wins, then the source network and type of service that it is for, then the smallest
/// metric.
/// </summary>
internal sealed class FibTable(IPFamily family)
{
    private readonly Bits128Map<FibRoute>?[] _byLength = new Bits128Map<FibRoute>?[129];
    private readonly List<int> _lengths = [];

    public void Add(FibRoute entry)
    {
        int length = entry.PrefixLength;
        if (_byLength[length] is not { } bucket)
        {
            bucket = _byLength[length] = new();
            _lengths.Add(length);
            _lengths.Sort((a, b) => b - a);
        }

        // What is for fewer packets comes first. Of routes that differ in their metric alone, the one with the smallest counts.
        FibRoute? before = null;
        var at = bucket.Find(entry.Destination);
        while (at is not null && entry.CompareTo(at) > 0)
        {
            (before, at) = (at, at.Next);
        }

        if (at is not null && entry.CompareTo(at) == 0)
        {
            if (entry.Metric >= at.Metric)
            {
                // Of routes with one prefix and metric the kernel keeps the first that was added in front.
                return;
            }

            at = at.Next;
        }

        entry.Next = at;
        if (before is null)
        {
            bucket.Set(entry.Destination, entry);
        }
        else
        {
            before.Next = entry;
        }
    }

    public FibRoute? Find(in FibQuery packet, ref string? granted)
    {
        foreach (int length in _lengths)
        {
            for (var entry = _byLength[length]!.Find(
                packet.Destination & AddressBits.Mask(length, family)); entry is not null; entry = entry.Next)
            {
                if (entry.IsForAll || entry.Takes(packet, ref granted))
                {
                    return entry;
                }
            }
        }

        return null;
    }
}
