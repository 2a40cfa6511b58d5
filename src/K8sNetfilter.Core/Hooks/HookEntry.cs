using K8sNetfilter.Addressing;

namespace K8sNetfilter.Hooks;

/// <summary>One function on a hook, as the kernel tells it (nfnetlink_hook; <c>nft list hooks</c>).</summary>
/// <param name="Layer">Whose hook it is.</param>
/// <param name="Family">The family; unspecified for a bridge's.</param>
/// <param name="Point">The hook.</param>
/// <param name="Priority">Lower runs first.</param>
/// <param name="Function">The function's name; null where the kernel has no symbols.</param>
/// <param name="Module">The module that it is in; null where it is built in.</param>
/// <param name="Table">The nf_tables table that it runs a chain of; null for anything else.</param>
/// <param name="Chain">That chain.</param>
public sealed record HookEntry(
    HookLayer Layer, IPFamily Family, HookPoint Point, int Priority, string? Function, string? Module, string? Table, string? Chain);
