using System.Management.Automation;

namespace K8sNetfilter.Commands;

/// <summary>What the cmdlets have in common that work on files and on what differs from one network namespace to the next.</summary>
public abstract class RootedNetworkCommand : NetworkNodeCommand
{
    /// <inheritdoc cref="RootedCommand.Root"/>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Root { get; set; }

    private protected sealed override string? RootFolder => Root;
}
