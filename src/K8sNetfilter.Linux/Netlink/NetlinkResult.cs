namespace K8sNetfilter.Netlink;

/// <summary>What a dump gave.</summary>
/// <param name="Items">The objects.</param>
/// <param name="IsInterrupted">
/// True where the kernel's tables changed during every attempt: objects may be missing or there twice, and a cmdlet warns.
/// </param>
internal readonly record struct NetlinkResult<T>(List<T> Items, bool IsInterrupted);
