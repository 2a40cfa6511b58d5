using System.Management.Automation;
using K8sNetfilter.Baselines;

namespace K8sNetfilter.Commands;

/// <summary>Gets baselines, shipped ones and files, with all that they require.</summary>
[Cmdlet(VerbsCommon.Get, "NodeBaseline")]
[OutputType(typeof(Baseline))]
[OutputType(typeof(string))]
public sealed class GetNodeBaselineCommand : BaselineCommand
{
    /// <summary>Gives the present state of the node as a baseline, in place of those that are named.</summary>
    [Parameter]
    public SwitchParameter FromNode { get; set; }

    /// <summary>Gives the JSON text in place of the object, to be kept as a file.</summary>
    [Parameter]
    public SwitchParameter AsJson { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        if (FromNode)
        {
            Write(BaselineOfNode.Read(Node, WriteWarning, StopToken));
            return;
        }

        foreach (var baseline in Resolve(Name ?? ["*"]))
        {
            Write(baseline);
        }
    }

    private void Write(Baseline baseline) => WriteObject(AsJson ? baseline.ToJson() : baseline);
}
