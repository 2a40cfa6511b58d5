using K8sNetfilter.Errors;

namespace K8sNetfilter.Netlink;

/// <summary>The kernel refused a netlink request.</summary>
public sealed class NetlinkException : NodeException
{
    internal NetlinkException(NodeException failure, string? kernelText, uint? offset, int messageIndex)
        : base(
            failure.ErrorId,
            failure.Category,
            kernelText is null ? failure.Message : NetlinkMessages.KernelSays(failure.Message.TrimEnd('.'), kernelText),
            failure.RecommendedAction)
    {
        Errno = failure.Errno;
        Subject = failure.Subject;
        KernelText = kernelText;
        Offset = offset;
        MessageIndex = messageIndex;
    }

    /// <summary>What the kernel says of the refusal (NLMSGERR_ATTR_MSG, since Linux 4.12); null where it says nothing.</summary>
    public string? KernelText { get; }

    /// <summary>
    /// The byte of the request that the kernel refused, counted from the message's start (NLMSGERR_ATTR_OFFS); null where it does not say.
    /// </summary>
    public uint? Offset { get; }

    /// <summary>Which message of a batch was refused, counted from 0; 0 for a request of its own.</summary>
    public int MessageIndex { get; }
}
