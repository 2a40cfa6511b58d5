using System.Management.Automation;
using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;
using K8sNetfilter.Links;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Surface;

namespace K8sNetfilter.Commands;

/// <summary>Gets what a packet meets on its way through the node: hooks in the order in which they run, with tables and rules.</summary>
[Cmdlet(VerbsCommon.Get, "NetfilterHook")]
[OutputType(typeof(NetfilterHook))]
public sealed class GetNetfilterHookCommand : NetworkNodeCommand, ISnapshotReader
{
    /// <summary>The ways that are shown; all where it is left out.</summary>
    [Parameter(Position = 0)]
    public HookScenario[] Scenario { get; set; } = Enum.GetValues<HookScenario>();

    /// <summary>IPv4 or IPv6; both where it is left out.</summary>
    [Parameter]
    [Alias("IPFamily")]
    [ValidateNotNullOrEmpty]
    public IPFamily[] Family { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string? Snapshot { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        var kernel = KernelHooks.Unknown;
        var ruleset = SteadyRuleset.Read(
            Node.Rulesets,
            new RulesetQuery { Family = FamilyChoice.Of(Family), WithoutCounters = true, OnProblem = p => WriteNodeError(p) },
            () => kernel = Node.Hooks.ReadHooks(StopToken) ?? KernelHooks.Unknown,
            StopToken) ?? throw NoAnswer();
        if (kernel.Entries is null)
        {
            WriteVerbose(Messages.HooksDerived);
        }

        var switches = BridgeNetfilterSwitches.Read(Node.Sysctls);
        var bridges = BridgeView.Read(Node.Links, switches, WriteWarning, StopToken) ?? [];
        foreach (var family in new[] { IPFamily.IPv4, IPFamily.IPv6 })
        {
            if (FamilyChoice.Of(Family) is not IPFamily.Unspecified and var one && one != family)
            {
                continue;
            }

            var picture = new HookListBuilder(family, ruleset, kernel, BridgesOf(bridges, switches, family));
            foreach (var scenario in Scenario.Distinct())
            {
                WriteObject(picture.Draw(scenario), enumerateCollection: true);
            }
        }
    }

    private static IEnumerable<string> BridgesOf(IReadOnlyList<Bridge> bridges, BridgeNetfilterSwitches switches, IPFamily family)
    {
        // The namespace's switch is every bridge's, also of those that are yet to come.
        if ((family == IPFamily.IPv4 ? switches.IPv4 : switches.IPv6) == true)
        {
            return ["*"];
        }

        return bridges.Where(b => (family == IPFamily.IPv4 ? b.IPv4Netfilter : b.IPv6Netfilter) == true).Select(b => b.Name);
    }
}
