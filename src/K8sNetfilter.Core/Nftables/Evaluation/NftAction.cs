namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>What a rule does with a packet once it has run.</summary>
internal enum NftAction
{
    /// <summary>The next rule: it ran to its end.</summary>
    Next,

    /// <summary>The next rule: it broke before its end.</summary>
    Broken,

    /// <summary>The base chain ends.</summary>
    Accept,

    /// <summary>The packet is lost.</summary>
    Drop,

    /// <summary>The packet is lost and its sender is told.</summary>
    Reject,

    /// <summary>A chain, and then back.</summary>
    Jump,

    /// <summary>A chain, and not back.</summary>
    Goto,

    /// <summary>Back to the last jump.</summary>
    Return,

    /// <summary>The connection is translated, then the packet is accepted.</summary>
    Translate,

    /// <summary>A process decides.</summary>
    Queue,

    /// <summary>The packet leaves by another device, or is answered here: no later hook sees it.</summary>
    Stolen,

    /// <summary>What it does is not known: anything may follow.</summary>
    Open,
}
