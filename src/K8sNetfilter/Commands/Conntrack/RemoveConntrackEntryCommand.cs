using System.Globalization;
using System.Management.Automation;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Errors;
using K8sNetfilter.Nodes;
using K8sNetfilter.Surface;

namespace K8sNetfilter.Commands;

/// <summary>Removes tracked connections, so that their next packets are judged again.</summary>
[Cmdlet(VerbsCommon.Remove, "ConntrackEntry", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(ConntrackEntry))]
public sealed class RemoveConntrackEntryCommand : NetworkNodeCommand
{
    /// <summary>The entries, as Get-ConntrackEntry gives them.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [FromProperties(typeof(ConntrackEntry))]
    public ConntrackEntry[] InputObject { get; set; } = [];

    /// <summary>Writes each entry that was removed.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        if (Node is not LiveNode { IsLive: true } node)
        {
            throw NodeException.Create(
                Messages.ResourceManager, nameof(Messages.NoRunningKernel), NodeErrorCategory.NotSupported, MyInvocation.MyCommand.Name, Node.Description);
        }

        foreach (var entry in InputObject)
        {
            StopToken.ThrowIfCancellationRequested();
            Guard(() => Remove(node, entry), entry);
        }
    }

    private void Remove(LiveNode node, ConntrackEntry entry)
    {
        if (!ShouldProcess(entry.ToString(), Messages.ConntrackRemove))
        {
            return;
        }

        if (!node.Conntrack.Remove(entry, StopToken))
        {
            // What was asked for is so: a connection that ended meanwhile is no failure.
            WriteVerbose(string.Format(CultureInfo.InvariantCulture, Messages.ConntrackGone, entry));
        }
        else if (PassThru)
        {
            WriteObject(entry);
        }
    }
}
