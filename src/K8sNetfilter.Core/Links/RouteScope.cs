namespace K8sNetfilter.Links;

/// <summary>How far an address or a route reaches, rtnetlink(7). Numbers between are an administrator's own.</summary>
public enum RouteScope
{
    /// <summary>Everywhere.</summary>
    Global = 0,

    /// <summary>This site (IPv6, of old).</summary>
    Site = 200,

    /// <summary>This link.</summary>
    Link = 253,

    /// <summary>This host.</summary>
    Host = 254,

    /// <summary>Nowhere.</summary>
    Nowhere = 255,
}
