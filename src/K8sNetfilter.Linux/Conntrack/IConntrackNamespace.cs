using K8sNetfilter.Netlink;

namespace K8sNetfilter.Conntrack;

/// <summary>What stands between <see cref="ConntrackTable"/> and the kernel: a network namespace, or a test.</summary>
internal interface IConntrackNamespace
{
    /// <summary>Opens a conversation with nfnetlink in the namespace.</summary>
    NetlinkConnection Connect();

    /// <summary>Opens a file as a thread in the namespace sees it (/proc/sys/net, /proc/thread-self/net).</summary>
    /// <exception cref="IOException">It is not there.</exception>
    Stream OpenFile(string path);

    /// <summary>Whether there is a file or folder.</summary>
    bool Exists(string path);
}
