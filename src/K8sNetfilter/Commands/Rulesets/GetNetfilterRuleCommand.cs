using System.Management.Automation;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Commands;

/// <summary>Gets netfilter rules as objects: of this node, of a network namespace, or of a saved dump.</summary>
[Cmdlet(VerbsCommon.Get, "NetfilterRule", DefaultParameterSetName = "Live")]
[OutputType(typeof(NetfilterRule))]
public sealed class GetNetfilterRuleCommand : RulesetCommand
{
    private protected override void Write(NetfilterRule rule) => WriteObject(rule);
}
