namespace K8sNetfilter.Ipvs;

/// <summary>A node's virtual servers (IPVS).</summary>
public interface IVirtualServerSource
{
    /// <summary>Reads the lines of /proc/net/ip_vs, ipvsadm(8).</summary>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The lines; null if the node has no IPVS or does not say.</returns>
    IReadOnlyList<string>? ReadVirtualServers(CancellationToken cancellation);
}
