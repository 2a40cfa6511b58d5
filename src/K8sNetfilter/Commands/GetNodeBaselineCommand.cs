using System.Management.Automation;
using K8sNetfilter.Baselines;

namespace K8sNetfilter.Commands;

/// <summary>Gets baselines, shipped ones and files, with all that they require.</summary>
[Cmdlet(VerbsCommon.Get, "NodeBaseline")]
[OutputType(typeof(Baseline))]
public sealed class GetNodeBaselineCommand : BaselineCommand
{
    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        foreach (string name in Name ?? ["*"])
        {
            IEnumerable<string> names = WildcardPattern.ContainsWildcardCharacters(name) ? ShippedLike(name) : [name];
            WriteObject(Resolve(names), enumerateCollection: true);
        }
    }
}
