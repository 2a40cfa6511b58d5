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
            [0x1F, 0x8B, ..] => RulesetMessages.FileIsCompressed,
            _ when head.IndexOf("Chain "u8) >= 0 && (head.IndexOf(" (policy "u8) > 0 || head.IndexOf(" references)"u8) > 0) =>
                RulesetMessages.FileIsListing,
            _ when text.StartsWith("{"u8) && text.IndexOf("\"nftables\""u8) > 0 =>
                RulesetMessages.FileIsNftJson,
            _ when text.StartsWith("table "u8) && text.IndexOf((byte)'{') > 0 =>
                RulesetMessages.FileIsNftText,
            _ when text.StartsWith("{"u8) || text.StartsWith("["u8) => RulesetMessages.FileIsOtherJson,
            _ => RulesetMessages.FileHasNoTable,
        };
    }
}
