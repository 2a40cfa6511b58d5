using System.Collections;
using System.Globalization;

namespace K8sNetfilter.Surface;

/// <summary>
/// The entries of a table that a user gives: in their order where the table keeps one (<c>[ordered]</c>), else by name. A hash table mixes
/// its entries again in each process, and what is written on a node must not differ from run to run.
/// </summary>
internal static class TableEntries
{
    /// <summary>The entries in their order.</summary>
    public static IEnumerable<DictionaryEntry> InOrder(this IDictionary table)
    {
        var entries = table.Cast<DictionaryEntry>();
        return table is Hashtable ? entries.OrderBy(e => Convert.ToString(e.Key, CultureInfo.InvariantCulture), StringComparer.Ordinal) : entries;
    }
}
