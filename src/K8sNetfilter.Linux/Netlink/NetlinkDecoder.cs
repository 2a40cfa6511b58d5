namespace K8sNetfilter.Netlink;

/// <summary>Makes an object of a message; null where the message is not about one.</summary>
internal delegate T? NetlinkDecoder<T>(NetlinkMessage message)
    where T : class;
