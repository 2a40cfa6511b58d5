namespace K8sNetfilter.Conntrack;

/// <summary>
/// The line that conntrack(8) prints for an entry, with any of its <c>-o</c> options, and the line of /proc/net/nf_conntrack, read and
/// written. A key that is not known is passed over, since newer tools add some.
/// </summary>
public static class ConntrackText
{
    // The longest that the tools print is about 600; a security context and 128 labels have room here.
    private const int MaximumLength = 16 * 1024;

    /// <summary>Reads a line.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="record">The entry.</param>
    /// <param name="problem">What is wrong with the line, for a message; null where it was read.</param>
    /// <returns>False where the line is no entry.</returns>
    public static bool TryParse(ReadOnlySpan<char> line, out ConntrackRecord record, out string? problem)
    {
        record = default;
        problem = line.Length > MaximumLength ? "the line is longer than any entry" : ConntrackTextReader.Read(line, ref record);
        return problem is null;
    }

    /// <summary>Writes an entry as conntrack(8) does, without <c>use=</c>, which counts who looks at it at the moment.</summary>
    public static string Format(ConntrackEntry entry, ConntrackTextParts parts = ConntrackTextParts.Extended | ConntrackTextParts.Id)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return ConntrackTextWriter.Write(entry, parts);
    }
}
