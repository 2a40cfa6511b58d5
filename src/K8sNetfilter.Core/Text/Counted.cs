namespace K8sNetfilter.Text;

/// <summary>A number with its noun: <c>1 chain</c>, <c>2 chains</c>.</summary>
internal static class Counted
{
    /// <summary>Writes them, the noun with an s where the number is not 1.</summary>
    public static string Of(int count, string noun) => Of((ulong)count, noun);

    /// <summary>Writes them, the noun with an s where the number is not 1.</summary>
    public static string Of(ulong count, string noun) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
