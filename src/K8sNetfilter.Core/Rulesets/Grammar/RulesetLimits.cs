namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>How much of hostile text is taken in.</summary>
internal static class RulesetLimits
{
    /// <summary>
    /// The longest line, in bytes. iptables-restore reads lines of at most 10,240 bytes, so that a longer one has never been a rule.
    /// </summary>
    public const int Line = 65536;

    /// <summary>The most problems that are told one by one; the rest is counted.</summary>
    public const int Problems = 1000;

    /// <summary>How far a quoted string may go on in the next line: a comment is at most 256 bytes (XT_MAX_COMMENT_LEN).</summary>
    public const int QuotedAcrossLines = 256;

    /// <summary>How many strings of one rule may go on in a next line: a rule can have more than one comment.</summary>
    public const int StringsAcrossLines = 16;

    /// <summary>
    /// How many of a line's newest extensions are asked whether an option is theirs. iptables takes at most 255 words (MAX_ARGC,
    /// iptables/xshared.h), so that no rule has more.
    /// </summary>
    public const int OwnersLookedAt = 128;
}
