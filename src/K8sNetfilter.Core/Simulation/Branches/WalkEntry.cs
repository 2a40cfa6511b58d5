namespace K8sNetfilter.Simulation.Branches;

/// <summary>A connection that the node tracks already. Packets of it follow it, and not the rules of the nat tables.</summary>
/// <param name="Protocol">Its protocol.</param>
/// <param name="Original">The tuple of its first packet.</param>
/// <param name="Reply">The tuple that its answers have.</param>
/// <param name="HasAnswer">An answer came.</param>
/// <param name="IsOver">It has ended, so that a new connection takes its place.</param>
/// <param name="Zone">Its zone.</param>
/// <param name="Mark">Its mark.</param>
/// <param name="Text">It as conntrack(8) shows it.</param>
internal sealed record WalkEntry(
    byte Protocol, WalkTuple Original, WalkTuple Reply, bool HasAnswer, bool IsOver, WalkZone Zone, uint Mark, string Text)
{
    /// <summary>How to remove it.</summary>
    public string Remedy { get; init; } = "";
}
