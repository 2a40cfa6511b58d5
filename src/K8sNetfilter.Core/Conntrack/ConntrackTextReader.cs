using System.Globalization;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Conntrack;

/// <summary>Reads the line of an entry.</summary>
internal static class ConntrackTextReader
{
    /// <summary>Reads a line.</summary>
    /// <returns>What is wrong with it; null where it was read.</returns>
    public static string? Read(ReadOnlySpan<char> line, ref ConntrackRecord record) => Read(new Words(line), ref record);

    private static string? Read(Words words, ref ConntrackRecord record)
    {
        if (ReadHead(ref words, ref record, out var family) is { } problem)
        {
            return problem;
        }

        int direction = -1;
        record.Status = ConntrackStatus.SeenReply | ConntrackStatus.Confirmed;
        while (words.Next(out var word))
        {
            int equals = word[0] == '[' ? -1 : word.IndexOf('=');
            if (equals < 0)
            {
                ParseMarker(word, direction, ref record);
                continue;
            }

            var key = word[..equals];
            if (key is "src")
            {
                if (direction == 1)
                {
                    return ConntrackMessages.TooManySources;
                }

                // A tuple must be complete before the next begins, or a truncated line would give an entry that does not exist.
                if (direction == 0 && !words.HasDestination)
                {
                    return ConntrackMessages.NoOriginalDestination;
                }

                direction++;
                words.HasDestination = false;
            }
            else if (direction < 0)
            {
                // "timeout=0, stream_timeout=0": /proc prints GRE's timeouts in front of the tuple.
                continue;
            }

            if (!ReadValue(key, word[(equals + 1)..], direction, ref words, ref record))
            {
                return ConntrackMessages.ValueImpossible(key.ToString());
            }
        }

        if (direction != 1 || !words.HasDestination)
        {
            return ConntrackMessages.TuplesIncomplete;
        }

        if (family != IPFamily.Unspecified && family != record.Family)
        {
            return ConntrackMessages.OtherFamily;
        }

        record.DeriveTranslation();
        return null;
    }

    // The head: what is wrong with it, or null.
    private static string? ReadHead(ref Words words, ref ConntrackRecord record, out IPFamily family)
    {
        family = IPFamily.Unspecified;
        if (!words.Next(out var word))
        {
            return ConntrackMessages.LineEmpty;
        }

        // What happened comes first in the lines of conntrack -E: ConntrackText.EventOf.
        if (word[0] == '[')
        {
            return ConntrackMessages.IsEvent;
        }

        family = word is "ipv4" ? IPFamily.IPv4 : word is "ipv6" ? IPFamily.IPv6 : IPFamily.Unspecified;
        if (family != IPFamily.Unspecified && (!words.Next(out _) || !words.Next(out word)))
        {
            return ConntrackMessages.NoProtocol;
        }

        // The number is what counts; the name ("unknown" for many) shows that the line has its head, and the number is not a part of
        // something else.
        var name = word;
        if (!words.Next(out word) || !byte.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out record.Protocol))
        {
            return ConntrackMessages.NoProtocolNumber;
        }

        return IsNameOf(name, record.Protocol) ? null : ConntrackMessages.HeadMissing;
    }

    // A value of a tuple; any other is the entry's.
    private static bool ReadValue(ReadOnlySpan<char> key, ReadOnlySpan<char> value, int direction, ref Words words,
        ref ConntrackRecord record)
    {
        ref var tuple = ref direction == 0 ? ref record.Original : ref record.Reply;
        bool good;
        switch (key)
        {
            case "src":
                good = ParseAddress(value, ref record, out tuple.Source);
                break;
            case "dst":
                good = !words.HasDestination && ParseAddress(value, ref record, out tuple.Destination);
                words.HasDestination = true;
                break;
            case "sport":
                good = ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out tuple.First);
                break;
            case "id" when !words.AfterTuples && record.Protocol is IPProtocolName.Icmp or IPProtocolName.IcmpV6:
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
            default:
                return ReadEntryValue(key, value, direction, ref record);
        }

        return good;
    }

    private static bool ReadEntryValue(ReadOnlySpan<char> key, ReadOnlySpan<char> value, int direction, ref ConntrackRecord record)
    {
        bool good = true;
        switch (key)
        {
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

        return good;
    }

    private static bool IsNameOf(ReadOnlySpan<char> name, byte protocol)
    {
        if (name is "unknown")
        {
            return true;
        }

        return char.IsAsciiLetter(name[0])
            && (IPProtocolName.TryParse(name, out byte known) ? known == protocol : char.IsAsciiDigit(IPProtocolName.Of(protocol)[0]));
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
                    if (!record.Has(ConntrackParts.Timeout)
                        && uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out record.Timeout))
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

    private static bool ParseAddress(ReadOnlySpan<char> text, ref ConntrackRecord record, out Bits128 number)
    {
        if (!AddressPrefix.TryParseAddress(text, out var family, out number)
            || (record.Family != IPFamily.Unspecified && record.Family != family))
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

    /// <summary>Words between blanks; what stands in brackets is one word.</summary>
    private ref struct Words(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> _rest = text;

        /// <summary>ICMP's identifier and the entry's have one key: once both tuples have theirs, the next is the entry's.</summary>
        public bool AfterTuples;

        /// <summary>True once the tuple that is read has its destination.</summary>
        public bool HasDestination;

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
