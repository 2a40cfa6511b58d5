using System.Globalization;
using System.Text;
using K8sNetfilter.Packets;

namespace K8sNetfilter.Conntrack;

/// <summary>
/// The line that conntrack(8) prints for an entry, with any of its <c>-o</c> options, and the line of /proc/net/nf_conntrack, read and
/// written. A key that is not known is passed over, since newer tools add some.
/// </summary>
public static class ConntrackText
{
    // The longest that the tools print is about 600; a security context and 128 labels have room here.
    private const int MaximumLength = 16 * 1024;

    /// <summary>Reads a line.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="record">The entry.</param>
    /// <param name="problem">What is wrong with the line, for a message; null where it was read.</param>
    /// <returns>False where the line is no entry.</returns>
    public static bool TryParse(ReadOnlySpan<char> line, out ConntrackRecord record, out string? problem)
    {
        record = default;
        problem = line.Length > MaximumLength ? "the line is longer than any entry" : Parse(new Words(line), ref record);
        return problem is null;
    }

    /// <summary>Writes an entry as conntrack(8) does, without <c>use=</c>, which counts who looks at it at the moment.</summary>
    public static string Format(ConntrackEntry entry, ConntrackTextParts parts = ConntrackTextParts.Extended | ConntrackTextParts.Id)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var text = new StringBuilder(256);
        var culture = CultureInfo.InvariantCulture;
        if ((parts & ConntrackTextParts.Extended) != 0)
        {
            text.Append(entry.Family == IPFamily.IPv4 ? "ipv4     2 " : "ipv6     10 ");
        }

        text.Append(culture, $"{ToolName(entry.ProtocolNumber),-8} {entry.ProtocolNumber} ");
        if (entry.Timeout is { } timeout)
        {
            text.Append(culture, $"{(uint)timeout.TotalSeconds} ");
        }

        if (entry.State is { } state)
        {
            text.Append(state).Append(' ');
        }

        var record = entry.ToRecord();
        AppendTuple(text, entry, entry.Source, entry.Destination, record.Original);
        AppendZone(text, entry, ConntrackZoneDirection.Original, "zone-orig");
        AppendCounters(text, entry.Packets, entry.Bytes);
        if (entry.IsUnreplied)
        {
            text.Append("[UNREPLIED] ");
        }

        AppendTuple(text, entry, entry.ReplySource, entry.ReplyDestination, record.Reply);
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

    private static string? Parse(Words words, ref ConntrackRecord record)
    {
        if (!words.Next(out var word))
        {
            return "the line is empty";
        }

        // Events (conntrack -E) begin with what happened.
        if (word[0] == '[' && !words.Next(out word))
        {
            return "there is no protocol";
        }

        var family = word is "ipv4" ? IPFamily.IPv4 : word is "ipv6" ? IPFamily.IPv6 : IPFamily.Unspecified;
        if (family != IPFamily.Unspecified && (!words.Next(out _) || !words.Next(out word)))
        {
            return "there is no protocol";
        }

        // The name is for people ("unknown" for many): the number is what counts.
        if (!words.Next(out word) || !byte.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out record.Protocol))
        {
            return "there is no protocol number";
        }

        int direction = -1;
        bool icmp = record.Protocol is IPProtocolName.Icmp or IPProtocolName.IcmpV6;
        record.Status = ConntrackStatus.SeenReply | ConntrackStatus.Confirmed;
        bool sources = false, destinations = false;
        while (words.Next(out word))
        {
            int equals = word[0] == '[' ? -1 : word.IndexOf('=');
            if (equals < 0)
            {
                ParseMarker(word, direction, ref record);
                continue;
            }

            var key = word[..equals];
            var value = word[(equals + 1)..];
            if (key is "src")
            {
                if (direction == 1)
                {
                    return "there are more than two sources";
                }

                // A tuple must be complete before the next begins, or a truncated line would give an entry that does not exist.
                if (direction == 0 && !destinations)
                {
                    return "the original direction has no destination";
                }

                direction++;
                destinations = false;
                sources = true;
            }
            else if (direction < 0)
            {
                // "timeout=0, stream_timeout=0": /proc prints GRE's timeouts in front of the tuple.
                continue;
            }

            ref var tuple = ref direction == 0 ? ref record.Original : ref record.Reply;
            bool good = true;
            switch (key)
            {
                case "src":
                    good = ParseAddress(value, ref record, out tuple.Source);
                    break;
                case "dst":
                    good = !destinations && ParseAddress(value, ref record, out tuple.Destination);
                    destinations = true;
                    break;
                case "sport":
                    good = ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out tuple.First);
                    break;
                case "id" when icmp && !words.AfterTuples:
                    good = ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out tuple.First);
                    words.AfterTuples = direction == 1;
                    break;
                case "dport":
                    good = ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out tuple.Second);
                    break;
                case "type":
                    good = byte.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out byte type);
                    tuple.Second = (ushort)(type << 8 | tuple.Second & 0xff);
                    break;
                case "code":
                    good = byte.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out byte code);
                    tuple.Second = (ushort)(tuple.Second & 0xff00 | code);
                    break;
                case "srckey":
                    good = ParseKey(value, out tuple.First);
                    break;
                case "dstkey":
                    good = ParseKey(value, out tuple.Second);
                    break;
                case "packets" when direction == 0:
                    good = ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out record.Packets);
                    break;
                case "bytes" when direction == 0:
                    good = ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out record.Bytes);
                    record.Parts |= ConntrackParts.Counters;
                    break;
                case "packets":
                    good = ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out record.ReplyPackets);
                    break;
                case "bytes":
                    good = ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out record.ReplyBytes);
                    record.Parts |= ConntrackParts.ReplyCounters;
                    break;
                case "mark":
                    good = uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out record.Mark);
                    record.Parts |= ConntrackParts.Mark;
                    break;
                case "zone" or "zone-orig" or "zone-reply":
                    good = ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out record.Zone);
                    record.ZoneDirection = key is "zone" ? ConntrackZoneDirection.Both
                        : key is "zone-orig" ? ConntrackZoneDirection.Original : ConntrackZoneDirection.Reply;
                    break;
                case "id":
                    good = uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out record.Id);
                    record.Parts |= ConntrackParts.Id;
                    break;
                case "helper":
                    record.Helper = value.ToString();
                    break;
                case "secctx":
                    record.SecurityContext = value.ToString();
                    break;
                case "labels":
                    record.LabelNames = value.ToString();
                    break;
            }

            if (!good)
            {
                return $"{key} has a value that it cannot have";
            }
        }

        if (direction != 1 || !sources || !destinations)
        {
            return "there are not two complete tuples";
        }

        if (family != IPFamily.Unspecified && family != record.Family)
        {
            return "the addresses are not of the family that the line names";
        }

        record.DeriveTranslation();
        return null;
    }

    private static void ParseMarker(ReadOnlySpan<char> word, int direction, ref ConntrackRecord record)
    {
        switch (word)
        {
            case "[UNREPLIED]":
                record.Status &= ~ConntrackStatus.SeenReply;
                break;
            case "[ASSURED]":
                record.Status |= ConntrackStatus.Assured;
                break;
            case "[OFFLOAD]":
                record.Status |= ConntrackStatus.Offload;
                break;
            case "[HW_OFFLOAD]":
                record.Status |= ConntrackStatus.HardwareOffload;
                break;
            default:
                if (word[0] == '[')
                {
                    ParseTime(word, ref record);
                }
                else if (direction < 0 && char.IsAsciiDigit(word[0]))
                {
                    if (!record.Has(ConntrackParts.Timeout) && uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out record.Timeout))
                    {
                        record.Parts |= ConntrackParts.Timeout;
                    }
                }
                else if (direction < 0 && ConntrackState.TryParse(record.Protocol, word, out record.State))
                {
                    record.Parts |= ConntrackParts.State;
                }

                break;
        }
    }

    /// <summary>Reads <c>[start=Sun Nov 22 20:22:00 2026]</c>, asctime(3) of the node's local time.</summary>
    private static void ParseTime(ReadOnlySpan<char> word, ref ConntrackRecord record)
    {
        bool start = word.StartsWith("[start=", StringComparison.Ordinal);
        if (!(start || word.StartsWith("[stop=", StringComparison.Ordinal)) || word[^1] != ']')
        {
            return;
        }

        var text = word[(start ? 7 : 6)..^1];
        if (!DateTime.TryParseExact(
            text, "ddd MMM d HH:mm:ss yyyy", CultureInfo.InvariantCulture, DateTimeStyles.AllowInnerWhite, out var time)
            || time < DateTime.UnixEpoch || time.Year > 2261)
        {
            return;
        }

        ulong nanoseconds = (ulong)(time - DateTime.UnixEpoch).Ticks * 100;
        if (start)
        {
            record.Start = nanoseconds;
        }
        else
        {
            record.Stop = nanoseconds;
        }

        record.Parts |= ConntrackParts.LocalTime | (start ? ConntrackParts.Start : ConntrackParts.Stop);
    }

    private static bool ParseAddress(ReadOnlySpan<char> text, ref ConntrackRecord record, out UInt128 number)
    {
        if (!AddressPrefix.TryParseAddress(text, out var family, out number) || (record.Family != IPFamily.Unspecified && record.Family != family))
        {
            return false;
        }

        record.Family = family;
        return true;
    }

    private static bool ParseKey(ReadOnlySpan<char> text, out ushort key)
    {
        key = 0;
        return text.StartsWith("0x", StringComparison.Ordinal)
            && ushort.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out key);
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

    /// <summary>Words between blanks; what stands in brackets is one word.</summary>
    private ref struct Words(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> _rest = text;

        /// <summary>ICMP's identifier and the entry's have one key: once both tuples have theirs, the next is the entry's.</summary>
        public bool AfterTuples;

        public bool Next(out ReadOnlySpan<char> word)
        {
            _rest = _rest.TrimStart(" \t\r");
            word = default;
            if (_rest.IsEmpty)
            {
                return false;
            }

            int end = _rest[0] == '[' ? _rest.IndexOf(']') + 1 : _rest.IndexOfAny(" \t\r");
            end = end <= 0 ? _rest.Length : end;
            word = _rest[..end];
            _rest = _rest[end..];
            return true;
        }
    }
}
