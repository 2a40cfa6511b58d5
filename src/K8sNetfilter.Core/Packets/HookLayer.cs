namespace K8sNetfilter.Packets;

/// <summary>Which family of hooks a function stands on.</summary>
public enum HookLayer
{
    /// <summary>The hooks of IPv4 or IPv6.</summary>
    IP,

    /// <summary>The hooks of bridges.</summary>
    Bridge,
}
