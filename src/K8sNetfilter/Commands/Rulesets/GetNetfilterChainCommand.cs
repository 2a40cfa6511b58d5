using System.Management.Automation;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Commands;

/// <summary>Gets the chains of netfilter tables: of this node, of a network namespace, or of a saved dump.</summary>
[Cmdlet(VerbsCommon.Get, "NetfilterChain", DefaultParameterSetName = "Live")]
[OutputType(typeof(NetfilterChain))]
public sealed class GetNetfilterChainCommand : RulesetCommand
{
    private protected override bool ChainsOnly => true;

    private protected override void Write(NetfilterChain chain) => WriteObject(chain);
}
