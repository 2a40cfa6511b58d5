namespace K8sNetfilter.Links;

/// <summary>Where it is known from which addresses are behind a port.</summary>
public enum PortAddressSource : long
{
    /// <summary>It is not known.</summary>
    None,

    /// <summary>The other end of the veth pair has them: that is certain.</summary>
    PeerNamespace,

    /// <summary>The node's neighbours have link layer addresses that the bridge learnt behind the port: so it was lately.</summary>
    Neighbor,

    /// <summary>Host routes lead to the port.</summary>
    Route,
}
