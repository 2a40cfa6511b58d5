using System.Management.Automation;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis.Chains;
using K8sNetfilter.Errors;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Commands;

/// <summary>Tests whether the chains of kube-proxy, the pod network and others are complete and reached, and says who mends them.</summary>
[Cmdlet(VerbsDiagnostic.Test, "NetfilterChain", DefaultParameterSetName = "Live")]
[OutputType(typeof(NetfilterChainResult))]
[OutputType(typeof(bool))]
public sealed class TestNetfilterChainCommand : RulesetCommand
{
    private readonly List<Ruleset> _read = [];
    private readonly HashSet<(string, NetfilterBackend?, IPFamily)> _tables = [];
    private bool _allWork = true;
    private bool _anyRead;

    /// <summary>Only these components; one that has no chains here is then told of. All that have any where it is left out.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public ChainOwner[]? Owner { get; set; }

    /// <summary>Gives true or false instead of objects: whether every group of chains works.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private protected override bool IsWhole => true;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        base.EndProcessing();
        Guard(LeaveNode);
        if (Quiet && !StopToken.IsCancellationRequested)
        {
            WriteObject(_allWork && _anyRead);
        }
    }

    /// <inheritdoc/>
    protected override void OnFailure(NodeException failure) => _allWork = false;

    // The dumps of one node's families and backends are one ruleset; a table that was there before is another node's.
    private protected override void Use(Ruleset ruleset)
    {
        if (ruleset.Tables.Any(t => _tables.Contains((t.Name, t.Backend, t.Family))))
        {
            Judge();
        }

        _read.Add(ruleset);
        _tables.UnionWith(ruleset.Tables.Select(t => (t.Name, t.Backend, t.Family)));
    }

    private protected override void LeaveNode()
    {
        Judge();
        TellMissing();
    }

    private void Judge()
    {
        if (_read.Count == 0)
        {
            return;
        }

        _anyRead = true;
        bool isNode = IsNode;
        foreach (var result in ChainReport.Read(Ruleset.Join(_read), Owner, isNode, isNode ? Hooks : null, isNode ? Node : null))
        {
            StopToken.ThrowIfCancellationRequested();
            if ((OneFamily == IPFamily.Unspecified || result.Family == IPFamily.Unspecified || result.Family == OneFamily)
                && (Backend is null || result.Backend is null || result.Backend == Backend)
                && IsAskedTable(result.Table) && AreAskedChains(result.Chains))
            {
                _allWork &= result.Verdict == ChainVerdict.Works;
                if (!Quiet)
                {
                    WriteObject(result);
                }
            }
        }

        _read.Clear();
        _tables.Clear();
    }
}
