using K8sNetfilter.Errors;

namespace K8sNetfilter.Ipset;

/// <summary>The sets of a node, read once, when a walk first comes to a rule that looks into one. Walks may run side by side.</summary>
internal sealed class NodeIpsets(IIpsetSource? source, CancellationToken cancellation)
{
    // What a dump of rules lacks, as a snapshot names it.
    private const string File = "ipset.txt, \"ipset save\"";

    private readonly object _turn = new();
    private IpsetCatalog? _catalog;

    /// <summary>No source: no set is known.</summary>
    public static NodeIpsets Unasked { get; } = new(null, CancellationToken.None);

    /// <summary>The sets.</summary>
    public IpsetCatalog Catalog
    {
        get
        {
            lock (_turn)
            {
                return _catalog ??= Read();
            }
        }
    }

    private IpsetCatalog Read()
    {
        try
        {
            return source?.ReadIpsets(cancellation) ?? IpsetCatalog.Unknown(File);
        }
        catch (NodeException failure)
        {
            return IpsetCatalog.Unknown(failure.Message);
        }
    }
}
