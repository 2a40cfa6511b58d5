using System.Globalization;
using System.Text;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;

namespace K8sNetfilter.Netlink;

/// <summary>
/// One message as one line of bounded length: direction, family, type, flags, sequence, port id, length, error and attributes. All that
/// comes from the kernel is a number, hex or escaped text.
/// </summary>
internal static class NetlinkLine
{
    /// <summary>The most characters of a line.</summary>
    internal const int MaximumLength = 2000;

    private const int ShortHex = 24;

    private static readonly (ushort Bit, string Name)[] FlagNames =
    [
        (NetlinkFlags.Request, "REQUEST"), (NetlinkFlags.Multi, "MULTI"), (NetlinkFlags.Ack, "ACK"), (0x8, "ECHO"),
        (NetlinkFlags.DumpInterrupted, "DUMP_INTR"), (0x20, "DUMP_FILTERED"),
    ];

    /// <summary>The line of one whole message.</summary>
    internal static string Describe(NetlinkProtocol protocol, NetlinkMessage message, bool isSent)
    {
        var line = Begin(protocol, isSent).Append(NetlinkNames.Type(protocol, message.Type));
        AppendFlags(line.Append(" flags "), message, isSent);
        line.Append(CultureInfo.InvariantCulture, $" seq {message.Sequence} port {message.PortId} length {message.Bytes.Length}");
        if (message.Type is NetlinkMessageType.Error or NetlinkMessageType.Done)
        {
            AppendError(line, message);
        }
        else
        {
            int header = NetlinkNames.HeaderSize(protocol, message.Type, isSent) ?? message.Payload.Length;
            var own = message.Payload[..Math.Min(header, message.Payload.Length)];
            if (own.Length > 0)
            {
                AppendHex(line.Append(" header "), own);
            }

            AppendAttributes(line, message.Attributes(header), NetlinkNames.Attributes(protocol, message.Type));
        }

        return End(line);
    }

    /// <summary>The line of bytes that are no message.</summary>
    internal static string Malformed(NetlinkProtocol protocol, ReadOnlySpan<byte> bytes, bool isSent)
    {
        var line = Begin(protocol, isSent).Append(CultureInfo.InvariantCulture, $"malformed: {bytes.Length} bytes ");
        AppendHex(line, bytes);
        return End(line);
    }

    private static StringBuilder Begin(NetlinkProtocol protocol, bool isSent) => new($"netlink {(isSent ? '>' : '<')} {protocol} ");

    private static string End(StringBuilder line)
    {
        if (line.Length > MaximumLength)
        {
            line.Length = MaximumLength - 3;
            line.Append("...");
        }

        return line.ToString();
    }

    private static void AppendFlags(StringBuilder line, NetlinkMessage message, bool isSent)
    {
        line.Append(CultureInfo.InvariantCulture, $"0x{message.Flags:x}");
        foreach (var (bit, name) in FlagNames)
        {
            if ((message.Flags & bit) != 0)
            {
                line.Append('|').Append(name);
            }
        }

        // NLM_F_DUMP's two bits mean something else in a request that creates.
        if (isSent && (message.Flags & (NetlinkFlags.Dump | NetlinkFlags.Create)) == NetlinkFlags.Dump)
        {
            line.Append("|DUMP");
        }
    }

    private static void AppendError(StringBuilder line, NetlinkMessage message)
    {
        if (message.Payload.Length < 4)
        {
            return;
        }

        int error = BitConverter.ToInt32(message.Payload);
        line.Append(CultureInfo.InvariantCulture, $" error {error}");
        // int.MinValue has no positive counterpart; it is no error number either.
        if (error is < 0 and > int.MinValue)
        {
            line.Append(' ').Append(Errno.Describe(-error));
        }

        AppendAttributes(line, NetlinkFailure.AckAttributes(message), NetlinkNames.AckAttributes);
    }

    private static void AppendAttributes(StringBuilder line, NetlinkAttributes attributes, string[] names)
    {
        try
        {
            foreach (var attribute in attributes)
            {
                if (line.Length > MaximumLength)
                {
                    return;
                }

                line.Append(' ').Append(NetlinkNames.Attribute(names, attribute.Type)).Append('=');
                if (names == NetlinkNames.AckAttributes && attribute.Type == NetlinkFailure.NLMSGERR_ATTR_MSG)
                {
                    line.Append('"').Append(attribute.AsText()).Append('"');
                }
                else
                {
                    AppendHex(line, attribute.Payload);
                }
            }
        }
        catch (NodeException malformed)
        {
            line.Append(" (").Append(malformed.Message).Append(')');
        }
    }

    private static void AppendHex(StringBuilder line, ReadOnlySpan<byte> bytes)
    {
        line.Append(Convert.ToHexString(bytes[..Math.Min(bytes.Length, ShortHex)]).ToLowerInvariant());
        if (bytes.Length > ShortHex)
        {
            line.Append(CultureInfo.InvariantCulture, $"...({bytes.Length} bytes)");
        }
    }
}
