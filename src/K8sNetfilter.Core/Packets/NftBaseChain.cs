namespace K8sNetfilter.Packets;

/// <summary>A chain of nf_tables that stands on a hook.</summary>
/// <param name="Layer">Whose hook it is.</param>
/// <param name="Family">The family; unspecified for one of both (inet), and for a bridge's.</param>
/// <param name="Table">The table.</param>
/// <param name="Name">The chain.</param>
/// <param name="Type">filter, nat or route.</param>
/// <param name="Point">The hook.</param>
/// <param name="Priority">Lower runs first.</param>
/// <param name="RuleCount">How many rules it has itself; null where that was not counted.</param>
public sealed record NftBaseChain(
    HookLayer Layer, IPFamily Family, string Table, string Name, string Type, HookPoint Point, int Priority, int? RuleCount)
{
    /// <summary>False for one whose policy is to drop; null where that is not known.</summary>
    public bool? Accepts { get; init; }
}
