using K8sNetfilter.Addressing;

namespace K8sNetfilter.Listeners;

/// <summary>A pod's own routes, in the order in which they are tried, so that the first that fits counts.</summary>
internal sealed class PodRoutes
{
    private readonly Entry[][] _entries = [[], []];

    public PodRoutes(IReadOnlyList<PodWay> ways)
    {
        foreach (var family in IPFamilies.Both)
        {
            var entries = ways.Where(w => IPFamilies.Of(w.Destination.BaseAddress.AddressFamily) == family)
                .OrderBy(w => w.Table).ThenByDescending(w => w.Destination.PrefixLength).ThenBy(w => w.Metric)
                .Select(w => new Entry(AddressBits.From(w.Destination.BaseAddress), AddressBits.Mask(w.Destination.PrefixLength, family),
                w)).ToArray();
            for (int i = 1; i < entries.Length; i++)
            {
                var (one, other) = (entries[i - 1], entries[i]);
                one.IsOneOfSeveral = one.IsOneOfSeveral
                    || (one.Way.Destination.Equals(other.Way.Destination) && one.Way.Table == other.Way.Table
                    && one.Way.Metric == other.Way.Metric
                    && (one.Way.LinkIndex != other.Way.LinkIndex || !Equals(one.Way.Gateway, other.Way.Gateway)));
            }

            _entries[family.Index] = entries;
        }
    }

    /// <summary>The way to an address; null where no route leads there.</summary>
    /// <param name="family">The address's family.</param>
    /// <param name="address">The address.</param>
    /// <param name="isOneOfSeveral">Another one is as good, and the kernel chooses between them.</param>
    public PodWay? Find(IPFamily family, Bits128 address, out bool isOneOfSeveral)
    {
        foreach (var entry in _entries[family.Index])
        {
            if (((address ^ entry.Address) & entry.Mask) == 0)
            {
                isOneOfSeveral = entry.IsOneOfSeveral;
                return entry.Way;
            }
        }

        isOneOfSeveral = false;
        return null;
    }

    private sealed class Entry(Bits128 address, Bits128 mask, PodWay way)
    {
        public Bits128 Address { get; } = address;

        public Bits128 Mask { get; } = mask;

        public PodWay Way { get; } = way;

        public bool IsOneOfSeveral { get; set; }
    }
}
