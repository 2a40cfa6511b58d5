using K8sNetfilter.Errors;
using K8sNetfilter.Interop;

namespace K8sNetfilter.Netlink;

/// <summary>Makes the failures of netlink requests.</summary>
internal static class NetlinkFailure
{
    internal const int NLMSGERR_ATTR_MSG = 1;
    private const int NLMSGERR_ATTR_OFFS = 2;

    /// <summary>The kernel refused with <paramref name="errno"/>.</summary>
    internal static NetlinkException Refused(
        int errno, NetlinkOperation operation, string? kernelText = null, uint? offset = null, int messageIndex = 0) =>
        new(KernelFailure.From(errno, operation.Action, operation.Subject, operation.Capability), kernelText, offset, messageIndex);

    /// <summary>The failure that an NLMSG_ERROR or NLMSG_DONE message carries; null where it is an acknowledgement.</summary>
    internal static NetlinkException? FromMessage(NetlinkMessage message, NetlinkOperation operation, int messageIndex = 0)
    {
        var payload = message.Payload;
        // NLMSG_DONE carries the number since Linux 2.6.
        if (payload.Length < 4)
        {
            return message.Type == NetlinkMessageType.Done ? null : throw Malformed(NetlinkMessages.ErrorMalformed);
        }

        int error = BitConverter.ToInt32(payload);
        if (error >= 0)
        {
            return null;
        }

        string? text = null;
        uint? offset = null;
        foreach (var attribute in AckAttributes(message))
        {
            switch (attribute.Type)
            {
                case NLMSGERR_ATTR_MSG:
                    text = attribute.AsText();
                    break;
                case NLMSGERR_ATTR_OFFS:
                    offset = attribute.AsUInt32();
                    break;
            }
        }

        return Refused(error == int.MinValue ? Errno.EIO : -error, operation, text, offset, messageIndex);
    }

    /// <summary>The attributes with the kernel's words in an NLMSG_ERROR or NLMSG_DONE message; empty if it has none.</summary>
    internal static NetlinkAttributes AckAttributes(NetlinkMessage message)
    {
        if ((message.Flags & NetlinkFlags.AckAttributes) == 0)
        {
            return default;
        }

        // struct nlmsgerr: the number, the request's header and, unless capped, its payload. NLMSG_DONE has the number alone.
        var payload = message.Payload;
        int skip = 4;
        if (message.Type == NetlinkMessageType.Error && payload.Length >= 4 + NetlinkMessage.HeaderSize)
        {
            int request = (message.Flags & NetlinkFlags.Capped) != 0
                ? NetlinkMessage.HeaderSize : (int)Math.Min(BitConverter.ToUInt32(payload[4..]), (uint)payload.Length);
            skip += NetlinkAttributes.Align(request);
        }

        return new NetlinkAttributes(skip < payload.Length ? payload[skip..] : default);
    }

    /// <summary>The kernel dropped messages because they were not read fast enough.</summary>
    internal static NodeException Overrun(NetlinkOperation operation) =>
        With(Errno.ENOBUFS, operation, NodeException.Create(
            Messages.ResourceManager, nameof(Messages.NetlinkOverrun), NodeErrorCategory.ResourceUnavailable, operation.Action,
            operation.Subject));

    /// <summary>A datagram was larger than the buffer.</summary>
    internal static NodeException Truncated(NetlinkOperation operation, int length) =>
        With(Errno.EMSGSIZE, operation, NodeException.Create(
            Messages.ResourceManager, nameof(Messages.NetlinkTruncated), NodeErrorCategory.InvalidData, operation.Action, operation.Subject,
            length));

    /// <summary>The kernel did not answer in time.</summary>
    internal static NodeException TimedOut(NetlinkOperation operation, TimeSpan after) =>
        With(Errno.ETIMEDOUT, operation, NodeException.Create(
            Messages.ResourceManager, nameof(Messages.NetlinkTimeout), NodeErrorCategory.Timeout, operation.Action, operation.Subject,
            after.TotalSeconds));

    /// <summary>An answer does not have the form that the protocol gives it.</summary>
    internal static NodeException Malformed(string what) =>
        NodeException.Create(Messages.ResourceManager, nameof(Messages.NetlinkMalformed), NodeErrorCategory.InvalidData, what);

    private static NodeException With(int errno, NetlinkOperation operation, NodeException failure)
    {
        failure.Errno = errno;
        failure.Subject = operation.Subject;
        return failure;
    }
}
