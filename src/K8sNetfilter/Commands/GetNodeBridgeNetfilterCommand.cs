using System.Management.Automation;
using K8sNetfilter.Links;

namespace K8sNetfilter.Commands;

/// <summary>Gets in one object whether this node's kernel is set up for Kubernetes, now and after the next boot, and what is missing.</summary>
[Cmdlet(VerbsCommon.Get, "NodeBridgeNetfilter")]
[OutputType(typeof(NodeBridgeNetfilter))]
public sealed class GetNodeBridgeNetfilterCommand : NetworkNodeCommand, ISnapshotReader, IHostReader
{
    /// <summary>The families that pods have addresses of; with IPv6, Ready also asks for IPv6 forwarding. Left out: IPv4.</summary>
    [Parameter(Position = 0)]
    [ValidateSet("IPv4", "IPv6")]
    public string[] IPFamily { get; set; } = ["IPv4"];

    /// <inheritdoc/>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Snapshot { get; set; }

    /// <inheritdoc/>
    [Parameter]
    public SwitchParameter Live { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode() =>
        WriteObject(BridgeNetfilterReport.Of(Node, IPFamily.Contains("IPv6", StringComparer.OrdinalIgnoreCase), WriteWarning, StopToken));
}
