using System.Globalization;
using System.Text;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Conntrack;

/// <summary>Writes the line of an entry.</summary>
internal static class ConntrackTextWriter
{
    public static string Write(ConntrackEntry entry, ConntrackTextParts parts)
    {
        var text = new StringBuilder(256);
        var culture = CultureInfo.InvariantCulture;
        if ((parts & ConntrackTextParts.Extended) != 0)
        {
            text.Append(entry.Family == IPFamily.IPv4 ? "ipv4     2 " : "ipv6     10 ");
        }

        text.Append(culture, $"{ToolName(entry.ProtocolNumber),-8} {entry.ProtocolNumber} ");
        if (entry.Timeout is { } timeout)
        {
            text.Append(culture, $"{timeout} ");
        }

        if (entry.State is { } state)
        {
            text.Append(state).Append(' ');
        }

        var record = entry.ToRecord();
        AppendTuple(text, entry, entry.SourceAddress, entry.DestinationAddress, record.Original);
        AppendZone(text, entry, ConntrackZoneDirection.Original, "zone-orig");
        AppendCounters(text, entry.Packets, entry.Bytes);
        if (entry.IsUnreplied)
        {
            text.Append("[UNREPLIED] ");
        }

        AppendTuple(text, entry, entry.ReplySourceAddress, entry.ReplyDestinationAddress, record.Reply);
        AppendZone(text, entry, ConntrackZoneDirection.Reply, "zone-reply");
        AppendCounters(text, entry.ReplyPackets, entry.ReplyBytes);
        text.Append((entry.Status & ConntrackStatus.HardwareOffload) != 0 ? "[HW_OFFLOAD] "
            : (entry.Status & ConntrackStatus.Offload) != 0 ? "[OFFLOAD] "
            : entry.IsAssured ? "[ASSURED] " : "");
        if (entry.Has(ConntrackParts.Mark))
        {
            text.Append(culture, $"mark={entry.Mark} ");
        }

        if (entry.SecurityContext is { } context)
        {
            text.Append("secctx=").Append(Word(context)).Append(' ');
        }

        AppendZone(text, entry, ConntrackZoneDirection.Both, "zone");
        if ((parts & ConntrackTextParts.Timestamp) != 0)
        {
            AppendTime(text, "start", entry.StartTime);
            AppendTime(text, "stop", entry.StopTime);
        }

        if (entry.Helper is { } helper)
        {
            text.Append("helper=").Append(Word(helper)).Append(' ');
        }

        if ((parts & ConntrackTextParts.Id) != 0 && entry.Id is { } id)
        {
            text.Append(culture, $"id={id} ");
        }

        if ((parts & ConntrackTextParts.Labels) != 0 && entry.Labels.Count > 0)
        {
            text.Append("labels=").AppendJoin(',', entry.Labels.Select(Word)).Append(' ');
        }

        return text.ToString(0, text.Length - 1);
    }

    private static string ToolName(int protocol) => protocol switch
    {
        IPProtocolName.Icmp or IPProtocolName.Tcp or IPProtocolName.Udp or IPProtocolName.Dccp or IPProtocolName.Gre
            or IPProtocolName.IcmpV6 or IPProtocolName.Sctp or IPProtocolName.UdpLite => IPProtocolName.Of((byte)protocol),
        _ => "unknown",
    };

    private static void AppendTuple(
        StringBuilder text, ConntrackEntry entry, System.Net.IPAddress source, System.Net.IPAddress destination, in ConntrackTuple tuple)
    {
        var culture = CultureInfo.InvariantCulture;
        text.Append(culture, $"src={source} dst={destination} ");
        if (entry.HasPorts)
        {
            text.Append(culture, $"sport={tuple.First} dport={tuple.Second} ");
        }
        else if (entry.IsIcmp)
        {
            text.Append(culture, $"type={tuple.Second >> 8} code={tuple.Second & 0xff} id={tuple.First} ");
        }
        else if (entry.IsGre)
        {
            text.Append(culture, $"srckey=0x{tuple.First:x} dstkey=0x{tuple.Second:x} ");
        }
    }

    private static void AppendZone(StringBuilder text, ConntrackEntry entry, ConntrackZoneDirection direction, string key)
    {
        if (entry.Zone != 0 && entry.ZoneDirection == direction)
        {
            text.Append(CultureInfo.InvariantCulture, $"{key}={entry.Zone} ");
        }
    }

    private static void AppendCounters(StringBuilder text, ulong? packets, ulong? bytes)
    {
        if (packets is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"packets={packets} bytes={bytes} ");
        }
    }

    private static void AppendTime(StringBuilder text, string key, DateTime? time)
    {
        if (time is { } known)
        {
            string month = known.ToString("ddd MMM", CultureInfo.InvariantCulture);
            text.Append(CultureInfo.InvariantCulture, $"[{key}={month} {known.Day,2} {known:HH:mm:ss} {known.Year}] ");
        }
    }

    /// <summary>A name that the kernel took from elsewhere must not begin a new word or line.</summary>
    private static string Word(string text) => text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c == ',')
        ? new string([.. text.Select(c => char.IsWhiteSpace(c) || char.IsControl(c) || c == ',' ? '?' : c)])
        : text;
}
