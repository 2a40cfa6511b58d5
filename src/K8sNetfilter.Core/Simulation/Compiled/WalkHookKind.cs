namespace K8sNetfilter.Simulation.Compiled;

/// <summary>What stands on a hook.</summary>
internal enum WalkHookKind
{
    /// <summary>A table's base chain that every packet meets.</summary>
    Chain,

    /// <summary>Connection tracking.</summary>
    Conntrack,

    /// <summary>A base chain of nf_tables that is followed in the kernel's own expressions.</summary>
    NativeChain,

    /// <summary>A nat table's base chain, that only first packets of a connection meet.</summary>
    NatChain,

    /// <summary>A base chain of nf_tables of the type nat.</summary>
    NativeNatChain,

    /// <summary>What rewrites a packet as its connection says.</summary>
    NatApply,

    /// <summary>A base chain that is not among the rules that are walked.</summary>
    Other,
}
