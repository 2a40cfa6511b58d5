namespace K8sNetfilter.Netlink;

/// <summary>What a request does, in words that a failure's message uses.</summary>
/// <param name="Action">The start of a sentence: <c>Reading the links</c>.</param>
/// <param name="Subject">What it is done to: <c>cni0</c>, <c>this network namespace</c>.</param>
/// <param name="Capability">The capability that it needs, capabilities(7).</param>
internal readonly record struct NetlinkOperation(string Action, string Subject, string Capability = "CAP_NET_ADMIN");
