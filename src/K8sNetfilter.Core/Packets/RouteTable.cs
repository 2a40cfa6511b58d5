namespace K8sNetfilter.Packets;

/// <summary>One routing table of one family: the longest prefix wins, then the smallest metric.</summary>
internal sealed class RouteTable(bool v6)
{
    private readonly BitsMap<RouteEntry>?[] _byLength = new BitsMap<RouteEntry>?[129];
    private readonly List<int> _lengths = [];

    public void Add(RouteEntry entry)
    {
        int length = entry.PrefixLength;
        if (_byLength[length] is not { } bucket)
        {
            bucket = _byLength[length] = new();
            _lengths.Add(length);
            _lengths.Sort((a, b) => b - a);
        }

        // Of routes with one prefix and metric the kernel keeps the first that was added in front.
        if (bucket.Find(entry.Destination) is not { } present || entry.Metric < present.Metric)
        {
            bucket.Set(entry.Destination, entry);
        }
    }

    public RouteEntry? Find(Bits128 address, int shortest = 0)
    {
        foreach (int length in _lengths)
        {
            if (length < shortest)
            {
                return null;
            }

            if (_byLength[length]!.Find(address & AddressBits.Mask(length, v6)) is { } entry)
            {
                return entry;
            }
        }

        return null;
    }
}
