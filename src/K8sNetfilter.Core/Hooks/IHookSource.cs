namespace K8sNetfilter.Hooks;

/// <summary>What is registered on the netfilter hooks of a node.</summary>
public interface IHookSource
{
    /// <summary>Reads the kernel's own list of hooks (nfnetlink_hook), and the base chains of nf_tables.</summary>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The hooks; null if no running kernel is read: the hooks then follow from the rules.</returns>
    KernelHooks? ReadHooks(CancellationToken cancellation);
}
