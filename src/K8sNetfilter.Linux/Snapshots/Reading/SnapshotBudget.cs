namespace K8sNetfilter.Snapshots.Reading;

/// <summary>
/// Counts what is in the files of a snapshot before anything is made of it: a file of a few megabytes can have so many values or lines that
/// their objects take gigabytes. What a file has is counted once, however often it is read.
/// </summary>
internal sealed class SnapshotBudget(string path)
{
    private readonly Dictionary<string, long> _counted = new(StringComparer.Ordinal);
    private long _values;
    private long _configuration;

    /// <summary>Refuses a JSON document with too many values.</summary>
    /// <exception cref="Errors.NodeException"><c>SnapshotTooMany</c>.</exception>
    public void CountJson(string name, ReadOnlySpan<byte> json)
    {
        // Each value is a string, a bracket and its end, or stands after a comma or a bracket: never more than these are.
        long openings = json.Count((byte)'[') + json.Count((byte)'{');
        long values = (json.Count((byte)'"') / 2) + (3 * openings) + json.Count((byte)',');
        if (values > SnapshotLimits.JsonValues)
        {
            throw SnapshotFailure.TooMany(path, name, SnapshotLimits.JsonValues, Messages.SnapshotValues);
        }

        Add(name, values);
    }

    /// <summary>Refuses the output of nft with too many values. Of most of it nothing is kept.</summary>
    /// <exception cref="Errors.NodeException"><c>SnapshotTooMany</c>.</exception>
    public void CountNft(string name, ReadOnlySpan<byte> json)
    {
        long openings = json.Count((byte)'[') + json.Count((byte)'{');
        if ((json.Count((byte)'"') / 2) + (3 * openings) + json.Count((byte)',') > SnapshotLimits.NftValues)
        {
            throw SnapshotFailure.TooMany(path, name, SnapshotLimits.NftValues, Messages.SnapshotValues);
        }
    }

    /// <summary>Refuses a text with too many lines.</summary>
    /// <param name="name">The file.</param>
    /// <param name="text">Its bytes.</param>
    /// <param name="most">The most lines.</param>
    /// <exception cref="Errors.NodeException"><c>SnapshotTooMany</c>.</exception>
    public void CountLines(string name, ReadOnlySpan<byte> text, int most = SnapshotLimits.Lines)
    {
        int lines = text.Count((byte)'\n');
        if (lines > most)
        {
            throw SnapshotFailure.TooMany(path, name, most, Messages.SnapshotLines);
        }

        Add(name, lines);
    }

    /// <summary>Refuses configuration files that are too large together.</summary>
    /// <exception cref="Errors.NodeException"><c>SnapshotTooLarge</c>.</exception>
    public void CountConfiguration(string name, long length)
    {
        if (_counted.TryAdd(name, length) && (_configuration += length) > SnapshotLimits.AllConfiguration)
        {
            throw SnapshotFailure.TooLarge(path, name, SnapshotLimits.AllConfiguration);
        }
    }

    private void Add(string name, long values)
    {
        _values += values - _counted.GetValueOrDefault(name);
        _counted[name] = values;
        if (_values > SnapshotLimits.AllValues)
        {
            throw SnapshotFailure.TooMany(path, name, SnapshotLimits.AllValues, Messages.SnapshotValues);
        }
    }
}
