using K8sNetfilter.Addressing;

namespace K8sNetfilter.Conntrack;

/// <summary>
/// Names of protocol states, as conntrack(8) and /proc/net/nf_conntrack print them. The numbers are the kernel's
/// (include/uapi/linux/netfilter/nf_conntrack_tcp.h, nf_conntrack_sctp.h; net/netfilter/nf_conntrack_proto_dccp.c).
/// </summary>
public static class ConntrackState
{
    private static readonly string[] Tcp =
    [
        "NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2",
    ];

    private static readonly string[] Sctp =
    [
        "NONE", "CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTABLISHED", "SHUTDOWN_SENT", "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT",
        "HEARTBEAT_SENT", "HEARTBEAT_ACKED",
    ];

    private static readonly string[] Dccp =
    [
        "NONE", "REQUEST", "RESPOND", "PARTOPEN", "OPEN", "CLOSEREQ", "CLOSING", "TIMEWAIT", "IGNORE", "INVALID",
    ];

    /// <summary>All names, for completion.</summary>
    public static IReadOnlyList<string> Known { get; } = [.. Tcp.Concat(Sctp).Concat(Dccp).Distinct()];

    /// <summary>
    /// The name of a state; <c>UNKNOWN</c> for a number that is newer than this list; null for a protocol without states.
    /// </summary>
    public static string? Name(byte protocol, byte state)
    {
        var names = NamesOf(protocol);
        return names is null ? null : state < names.Length ? names[state] : "UNKNOWN";
    }

    /// <summary>The number of a name, whatever its case.</summary>
    public static bool TryParse(byte protocol, ReadOnlySpan<char> name, out byte state)
    {
        state = 0;
        // Older tools printed the number 9 as LISTEN.
        if (protocol == IPProtocolName.Tcp && name.Equals("LISTEN", StringComparison.OrdinalIgnoreCase))
        {
            state = 9;
            return true;
        }

        var names = NamesOf(protocol) ?? [];
        for (int i = 0; i < names.Length; i++)
        {
            if (name.Equals(names[i], StringComparison.OrdinalIgnoreCase))
            {
                state = (byte)i;
                return true;
            }
        }

        return false;
    }

    private static string[]? NamesOf(byte protocol) => protocol switch
    {
        IPProtocolName.Tcp => Tcp,
        IPProtocolName.Sctp => Sctp,
        IPProtocolName.Dccp => Dccp,
        _ => null,
    };
}
