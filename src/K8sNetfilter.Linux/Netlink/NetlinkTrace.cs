namespace K8sNetfilter.Netlink;

/// <summary>
/// The switch that shows what is said to the kernel, for a failure on a node that nobody else can reach: with K8SNETFILTER_DEBUG=netlink
/// each message is written to standard error as one line. It is looked at when a socket is opened, and costs nothing after that.
/// </summary>
public static class NetlinkTrace
{
    /// <summary>The environment variable: words with commas between them.</summary>
    public const string Variable = "K8SNETFILTER_DEBUG";

    /// <summary>The word that turns this on.</summary>
    public const string Word = "netlink";

    /// <summary>True if the value of the environment variable turns it on.</summary>
    internal static bool IsOn(string? value) =>
        value is not null
        && value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Contains(Word, StringComparer.OrdinalIgnoreCase);

    /// <summary>Opens a socket in the calling thread's network namespace, traced if the switch is on.</summary>
    /// <exception cref="Errors.NodeException">The kernel has no such family, or refuses.</exception>
    internal static INetlinkTransport Open(NetlinkProtocol protocol, NetlinkOptions options)
    {
        var socket = new NetlinkSocket(protocol, options);
        return IsOn(Environment.GetEnvironmentVariable(Variable)) ? new TracedTransport(socket, protocol, Console.Error) : socket;
    }
}
