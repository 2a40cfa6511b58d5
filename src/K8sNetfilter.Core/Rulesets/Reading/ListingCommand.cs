using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets.Reading;

/// <summary>a command that lists rules, as it comes before its output in what somebody copied from a terminal.</summary>
/// <param name="Table">The table that it asks for.</param>
/// <param name="Backend">The backend where its name says it; null for plain iptables.</param>
/// <param name="Family">The family.</param>
internal sealed record ListingCommand(string Table, NetfilterBackend? Backend, IPFamily Family)
{
    /// <summary>Whether a comment line may be a root shell's prompt with such a command.</summary>
    public static bool IsLikely(ReadOnlySpan<byte> text) => text.IndexOf("tables"u8) > 0 && text.IndexOf(" -S"u8) > 0;

    /// <summary>Reads one: <c>sudo ip6tables-legacy -t nat -S</c>. Null for any other command.</summary>
    public static ListingCommand? Read(string text)
    {
        string[] words = text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        int at = Array.FindIndex(words, w =>
            Path.GetFileName(w) is "iptables" or "ip6tables" or "iptables-nft" or "ip6tables-nft" or "iptables-legacy"
            or "ip6tables-legacy");
        if (at < 0 || !words.AsSpan(at).ContainsAny("-S", "--list-rules"))
        {
            return null;
        }

        string tool = Path.GetFileName(words[at]);
        string table = "filter";
        for (int i = at + 1; i < words.Length; i++)
        {
            table = words[i] is "-t" or "--table" && i + 1 < words.Length ? words[i + 1]
                : words[i].StartsWith("--table=", StringComparison.Ordinal) ? words[i]["--table=".Length..]
                : words[i].StartsWith("-t", StringComparison.Ordinal) && words[i].Length > 2 ? words[i][2..] : table;
        }

        return new(
            table,
            tool.EndsWith("-nft", StringComparison.Ordinal) ? NetfilterBackend.Nft : tool.EndsWith("-legacy", StringComparison.Ordinal)
            ? NetfilterBackend.Legacy : null,
            tool.StartsWith("ip6", StringComparison.Ordinal) ? IPFamily.IPv6 : IPFamily.IPv4);
    }
}
