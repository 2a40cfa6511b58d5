namespace K8sNetfilter.Simulation.Branches;

/// <summary>
/// The conntrack zone of either direction: a connection is only found by packets of its zone (nf_ct_zone_id in nf_conntrack_zones.h). A
/// rule that names one direction leaves the other in zone 0.
/// </summary>
internal readonly record struct WalkZone(ushort Original, ushort Reply)
{
    public static WalkZone Of(ushort id, bool original, bool reply) => new(original ? id : (ushort)0, reply ? id : (ushort)0);
}
