using System.Text;

namespace K8sNetfilter.Listeners;

/// <summary>The text of ss(8) with -l, and of netstat(8): what people have of a node's sockets.</summary>
public static class ListenerText
{
    /// <summary>Reads what <c>ss -lntu</c>, <c>ss -lntup</c>, <c>ss -a</c> or <c>netstat -lntu</c> printed.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The sockets; null for text of something else.</returns>
    public static ListenerTable? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var reading = new ListenerReading(text);
        return reading.Table;
    }

    /// <summary>Writes a table as <c>ss -lntu</c> prints it. What is not known of IPV6_V6ONLY reads as netstat(8) has it.</summary>
    public static string Format(ListenerTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        var text = new StringBuilder("Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port\n");
        foreach (var socket in table.Listeners.OrderByDescending(l => l.Protocol, StringComparer.Ordinal))
        {
            bool isAny = socket.IsIPv6 && socket.IsIPv6Only is null && socket.Address.Equals(System.Net.IPAddress.IPv6Any);
            string local = socket.ToString();
            text.Append(socket.Protocol)
                .Append(socket.Protocol == "udp" ? "   UNCONN 0      0      " : socket.IsFull
                ? "   LISTEN 1      0      " : "   LISTEN 0      0      ")
                .Append(isAny ? ":::" + local[(local.LastIndexOf(':') + 1)..] : local)
                .Append(!socket.IsIPv6 ? " 0.0.0.0:*" : socket.IsIPv6Only == true ? " [::]:*" : isAny ? " :::*" : " *:*").Append('\n');
        }

        return text.ToString();
    }
}
