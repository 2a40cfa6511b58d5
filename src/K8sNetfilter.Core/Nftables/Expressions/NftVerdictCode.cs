namespace K8sNetfilter.Nftables.Expressions;

/// <summary>What becomes of a packet (NF_DROP …, enum nft_verdicts), by the kernel's numbers.</summary>
public enum NftVerdictCode
{
    /// <summary>NF_DROP: the packet is dropped.</summary>
    Drop = 0,

    /// <summary>NF_ACCEPT: the base chain ends and the packet goes on to the next hook.</summary>
    Accept = 1,

    /// <summary>NF_STOLEN.</summary>
    Stolen = 2,

    /// <summary>NF_QUEUE: to a process.</summary>
    Queue = 3,

    /// <summary>NF_REPEAT.</summary>
    Repeat = 4,

    /// <summary>NFT_CONTINUE: the next rule.</summary>
    Continue = -1,

    /// <summary>NFT_BREAK: the rule ends and the next rule is next.</summary>
    Break = -2,

    /// <summary>NFT_JUMP: a chain, and then back.</summary>
    Jump = -3,

    /// <summary>NFT_GOTO: a chain, and then back to where the last jump came from.</summary>
    Goto = -4,

    /// <summary>NFT_RETURN: back to where the last jump came from; in a base chain its policy.</summary>
    Return = -5,
}
