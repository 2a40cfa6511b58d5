namespace K8sNetfilter.Rulesets.Parts;

/// <summary>What a rule does with a packet that meets its conditions.</summary>
public enum RuleTargetKind : long
{
    /// <summary>An extension's action: DNAT, MARK, LOG ...</summary>
    Extension,

    /// <summary>The packet passes this table's chain.</summary>
    Accept,

    /// <summary>The packet is dropped.</summary>
    Drop,

    /// <summary>On in the calling chain, after the rule that called; in a built-in chain, its policy.</summary>
    Return,

    /// <summary>The packet is handed to a program (<c>-j QUEUE</c>).</summary>
    Queue,

    /// <summary>On in another chain, with a way back.</summary>
    Jump,

    /// <summary>On in another chain; what returns from it returns to the caller of this one.</summary>
    Goto,
}
