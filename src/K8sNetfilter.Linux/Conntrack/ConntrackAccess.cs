namespace K8sNetfilter.Conntrack;

/// <summary>How a kernel's connection table can be reached without loading a module.</summary>
internal enum ConntrackAccess
{
    /// <summary>Connections are not tracked: nf_conntrack is not there.</summary>
    NotTracked,

    /// <summary>Through netlink.</summary>
    Netlink,

    /// <summary>Only through /proc/net/nf_conntrack: nf_conntrack_netlink is not loaded, and asking it would load it.</summary>
    ProcessFile,
}
