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
        problem = line.Length > MaximumLength ? ConntrackMessages.LineTooLong : ConntrackTextReader.Read(line, ref record);
        return problem is null;
    }

    /// <summary>
    /// What happened, in a line of <c>conntrack -E</c>: <c>NEW</c>, <c>UPDATE</c> or <c>DESTROY</c>; null for a line that is no event.
    /// </summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="entry">What comes after it, which <see cref="TryParse"/> reads.</param>
    public static string? EventOf(string line, out string entry)
    {
        ArgumentNullException.ThrowIfNull(line);
        int start = 0;
        while (start < line.Length)
        {
            while (start < line.Length && line[start] is ' ' or '\t')
            {
                start++;
            }

            int end = start < line.Length && line[start] == '[' ? line.IndexOf(']', start) : -1;
            if (end < 0)
            {
                break;
            }

            var word = line.AsSpan(start + 1, end - start - 1).Trim();
            start = end + 1;
            if (word is "NEW" or "UPDATE" or "DESTROY")
            {
                entry = line[start..];
                return word.ToString();
            }

            // -o timestamp: seconds and microseconds before it.
            if (word.IsEmpty || !(char.IsAsciiDigit(word[0]) && char.IsAsciiDigit(word[^1])))
            {
                break;
            }
        }

        entry = line;
        return null;
    }

    /// <summary>Writes an entry as conntrack(8) does, without <c>use=</c>, which counts who looks at it at the moment.</summary>
    public static string Format(ConntrackEntry entry, ConntrackTextParts parts = ConntrackTextParts.Extended | ConntrackTextParts.Id)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return ConntrackTextWriter.Write(entry, parts);
    }
}
