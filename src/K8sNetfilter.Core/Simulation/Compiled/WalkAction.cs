namespace K8sNetfilter.Simulation.Compiled;

/// <summary>What a rule does with a packet that matches it.</summary>
internal enum WalkAction
{
    /// <summary>Nothing that a later rule could notice: no target, LOG, NFLOG, TRACE, TCPMSS …</summary>
    Continue,
    Accept,
    Drop,
    Reject,
    Return,
    Jump,
    Goto,
    Mark,
    ConnmarkSet,
    ConnmarkSave,
    ConnmarkRestore,
    NoTrack,

    /// <summary>The packet gets a template of its connection (CT).</summary>
    Template,
    DestinationNat,
    SourceNat,
    Masquerade,
    Redirect,
    Netmap,
    Tproxy,
    Tee,
    Ttl,
    Tos,

    /// <summary>A program decides (NFQUEUE, QUEUE).</summary>
    Queue,

    /// <summary>The mark becomes a hash (HMARK).</summary>
    UnknownMark,

    /// <summary>A target that the walk does not know.</summary>
    Unknown,

    /// <summary>The rule's line does not say what it does: anything may follow.</summary>
    Unread,
}
