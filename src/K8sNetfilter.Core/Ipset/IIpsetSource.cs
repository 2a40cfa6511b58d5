namespace K8sNetfilter.Ipset;

/// <summary>A node's sets of ipset(8).</summary>
public interface IIpsetSource
{
    /// <summary>Reads all sets with their elements.</summary>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The sets; <see cref="IpsetCatalog.IsKnown"/> is false if the node does not say.</returns>
    IpsetCatalog ReadIpsets(CancellationToken cancellation);

    /// <summary>Reads the sets' names alone, for completion; empty if the node does not say.</summary>
    /// <param name="cancellation">Ends the reading.</param>
    IReadOnlyList<string> ReadIpsetNames(CancellationToken cancellation);
}
