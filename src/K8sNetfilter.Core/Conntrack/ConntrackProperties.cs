using System.Globalization;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Conntrack;

/// <summary>Makes an entry again of its properties as text: what a file, a job or another session left of it.</summary>
public static class ConntrackProperties
{
    /// <summary>Makes the entry.</summary>
    /// <param name="property">Gives a property's text by its name; null or empty for one that is not there or has no value.</param>
    /// <returns>Null where the tuples are not whole: nothing is removed by half a name.</returns>
    public static ConntrackEntry? ToEntry(Func<string, string?> property)
    {
        ArgumentNullException.ThrowIfNull(property);
        var record = default(ConntrackRecord);
        if (!IPProtocolName.TryParse(property("ProtocolNumber") is { Length: > 0 } number
            ? number : property(nameof(ConntrackEntry.Protocol)), out record.Protocol)
            || !TryReadTuple(property, "", record.Protocol, out record.Original, out record.Family)
            || !TryReadTuple(property, "Reply", record.Protocol, out record.Reply, out var reply) || reply != record.Family)
        {
            return null;
        }

        record.Zone = (ushort)(Number(nameof(ConntrackEntry.Zone)) ?? 0);
        record.ZoneDirection = Enum.TryParse(property(nameof(ConntrackEntry.ZoneDirection)), out ConntrackZoneDirection direction)
            ? direction : default;
        record.Status = Enum.TryParse(property(nameof(ConntrackEntry.Status)), out ConntrackStatus status) ? status : default;
        record.Mark = (uint)(Number(nameof(ConntrackEntry.Mark)) ?? 0);
        if (Number(nameof(ConntrackEntry.Id)) is { } id)
        {
            record.Id = (uint)id;
            record.Parts |= ConntrackParts.Id;
        }

        if (Number(nameof(ConntrackEntry.Timeout)) is { } timeout)
        {
            record.Timeout = (uint)timeout;
            record.Parts |= ConntrackParts.Timeout;
        }

        return new ConntrackEntry(record);

        ulong? Number(string name) =>
            ulong.TryParse(property(name), NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? value : null;
    }

    private static bool TryReadTuple(Func<string, string?> property, string direction, byte protocol, out ConntrackTuple tuple,
        out IPFamily family)
    {
        tuple = default;
        if (!AddressPrefix.TryParseAddress(property(direction + "Source"), out family, out tuple.Source)
            || !AddressPrefix.TryParseAddress(property(direction + "Destination"), out var other, out tuple.Destination) || other != family)
        {
            return false;
        }

        switch (protocol)
        {
            case IPProtocolName.Icmp or IPProtocolName.IcmpV6:
                if (!TryRead(direction + "IcmpType", out ushort type) || !TryRead(direction + "IcmpCode", out ushort code)
                    || type > byte.MaxValue || code > byte.MaxValue)
                {
                    return false;
                }

                tuple.Second = (ushort)((type << 8) | code);
                return TryRead(direction + "IcmpId", out tuple.First);
            case IPProtocolName.Gre:
                return TryRead(direction + "SourceKey", out tuple.First) && TryRead(direction + "DestinationKey", out tuple.Second);
            case IPProtocolName.Tcp or IPProtocolName.Udp or IPProtocolName.Sctp or IPProtocolName.Dccp or IPProtocolName.UdpLite:
                return TryRead(direction + "SourcePort", out tuple.First) && TryRead(direction + "DestinationPort", out tuple.Second);
            default:
                return true;
        }

        bool TryRead(string name, out ushort value) =>
            ushort.TryParse(property(name), NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
