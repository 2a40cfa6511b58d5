using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Simulation.Branches;

/// <summary>A chain that a packet is in.</summary>
internal struct WalkFrame
{
    /// <summary>The chain.</summary>
    public CompiledChain Chain;

    /// <summary>The rule to look at next, from 0.</summary>
    public int Next;

    /// <summary>The chain was entered by a goto: where it ends, its caller's frame ends as well.</summary>
    public bool Goto;
}
