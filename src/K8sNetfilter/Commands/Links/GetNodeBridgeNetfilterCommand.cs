using System.Management.Automation;
using K8sNetfilter.Addressing;
using K8sNetfilter.Readiness;
using K8sNetfilter.Surface;

namespace K8sNetfilter.Commands;

/// <summary>Gets in one object whether this node's kernel is set up for Kubernetes, now and after the next boot, and what is missing.</summary>
[Cmdlet(VerbsCommon.Get, "NodeBridgeNetfilter")]
[OutputType(typeof(NodeBridgeNetfilter))]
public sealed class GetNodeBridgeNetfilterCommand : RootedNetworkCommand, ISnapshotReader, IHostReader
{
    /// <summary>The families that pods have addresses of; with IPv6, Ready also asks for IPv6 forwarding. Left out: IPv4.</summary>
    [Parameter(Position = 0)]
    [Alias("IPFamily")]
    [ValidateNotNullOrEmpty]
    public IPFamily[] Family { get; set; } = [IPFamily.IPv4];

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string? Snapshot { get; set; }

    /// <inheritdoc/>
    [Parameter]
    public SwitchParameter Live { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode() =>
        WriteObject(BridgeNetfilterReport.Of(Node, FamilyChoice.Has(Family, IPFamily.IPv6), WriteWarning, StopToken));
}
