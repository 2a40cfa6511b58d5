namespace K8sNetfilter.Rulesets;

/// <summary>Says what a file is that is no dump of rules, as far as its beginning shows.</summary>
internal static class RulesetFileKind
{
    /// <summary>A file in words: "it is ...".</summary>
    public static string Describe(ReadOnlySpan<byte> head)
    {
        var text = head.TrimStart(" \t\r\n\uFEFF"u8);
        return head switch
        {
            [0x1F, 0x8B, ..] => "it is compressed with gzip; unpack it first",
            _ when head.IndexOf("Chain "u8) >= 0 && (head.IndexOf(" (policy "u8) > 0 || head.IndexOf(" references)"u8) > 0) =>
                "it is what iptables -L prints, which leaves out parts of rules (iptables-save -c prints them whole, with the same counters)",
            _ when text.StartsWith("{"u8) && text.IndexOf("\"nftables\""u8) > 0 =>
                "it is what nft -j list ruleset prints (iptables-nft-save prints the rules of iptables among it)",
            _ when text.StartsWith("table "u8) && text.IndexOf((byte)'{') > 0 =>
                "it is what nft list ruleset prints (iptables-nft-save prints the rules of iptables among it)",
            _ when text.StartsWith("{"u8) || text.StartsWith("["u8) => "it is JSON of another kind",
            _ => "no line of it begins a table, such as *nat",
        };
    }
}
