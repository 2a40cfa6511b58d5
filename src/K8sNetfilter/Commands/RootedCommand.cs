using System.Management.Automation;

namespace K8sNetfilter.Commands;

/// <summary>What the cmdlets have in common that work on files, of this node or of one whose file system is mounted somewhere.</summary>
public abstract class RootedCommand : NodeCommand
{
    /// <summary>
    /// A folder that holds the node's file system: a host mounted in a container, or an image being built. Only files below it are
    /// read and written then; the running kernel is not asked.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Root { get; set; }

    private protected sealed override string? RootFolder => Root;
}
