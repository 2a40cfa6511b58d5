using System.Globalization;
using K8sNetfilter.Conntrack;

namespace K8sNetfilter.Snapshots.Reading;

/// <summary>
/// The connections that are left after the events of <c>conntrack -E</c>: the last event of each says what it is, and one that ended is
/// gone.
/// </summary>
internal sealed class ConntrackEvents
{
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<ConntrackRecord> _records = [];
    private readonly List<bool> _isThere = [];

    /// <summary>True after the first event.</summary>
    public bool Any { get; private set; }

    /// <summary>What is there after all of them, in the order in which it came.</summary>
    public IEnumerable<ConntrackRecord> Entries => _records.Where((_, i) => _isThere[i]);

    /// <summary>Takes an event.</summary>
    /// <returns>False where there are too many.</returns>
    public bool Take(in ConntrackRecord record, bool isEnd)
    {
        Any = true;
        string key = KeyOf(record);
        if (_places.TryGetValue(key, out int place))
        {
            _records[place] = record;
            _isThere[place] = !isEnd;
        }
        else if (!isEnd)
        {
            _places.Add(key, _records.Count);
            _records.Add(record);
            _isThere.Add(true);
        }

        return _records.Count <= SnapshotLimits.Events;
    }

    // What the kernel tells connections apart by: zone, protocol and the original tuple.
    private static string KeyOf(in ConntrackRecord record) => string.Create(
        CultureInfo.InvariantCulture,
        $"{record.Zone}/{record.Protocol} {record.Original.Source} {record.Original.First} {record.Original.Destination} {record.Original.Second}");
}
