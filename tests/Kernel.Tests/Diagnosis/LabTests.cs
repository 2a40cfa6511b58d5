using System.Management.Automation;
using System.Net.Sockets;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Lab;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Tests.Namespaces;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>The explanation that Core gives, held against what this kernel does with real traffic.</summary>
public sealed class LabTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void What_follows_from_the_settings_is_what_the_kernel_does_in_every_cell_of_the_matrix()
    {
        Privilege.MakeNamespace().Dispose();
        var cells = LabMatrix.Cells;
        Assert.Equal(384, cells.Length);
        Check(cells);
    }

    [Fact]
    public void Forwarding_a_dropping_policy_and_promiscuity_do_what_is_said_of_them()
    {
        Privilege.MakeNamespace().Dispose();
        Assert.Equal(96, LabMatrix.FurtherCells.Length);
        Check(LabMatrix.FurtherCells);
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, ProtocolType.Tcp)]
    [InlineData(AddressFamily.InterNetwork, ProtocolType.Udp)]
    [InlineData(AddressFamily.InterNetworkV6, ProtocolType.Tcp)]
    [InlineData(AddressFamily.InterNetworkV6, ProtocolType.Udp)]
    public void The_default_scenarios_end_as_explained(AddressFamily family, ProtocolType protocol)
    {
        Privilege.MakeNamespace().Dispose();
        Check([.. LabScenario.Defaults(family, protocol)]);
    }

    [Fact]
    public void The_entry_that_the_broken_call_leaves_is_the_fingerprint()
    {
        Privilege.MakeNamespace().Dispose();
        var result = HairpinLab.Run([new LabScenario { Name = "broken", Call = false }], Cancellation).Single();
        Assert.Equal(ServiceVerdict.Broken, result.Verdict);
        Assert.False(result.IsReplied);
        Assert.Contains("SYN_SENT", result.ConntrackEntry, StringComparison.Ordinal);
        Assert.Contains("src=10.244.0.2 dst=10.96.0.10", result.ConntrackEntry, StringComparison.Ordinal);
        Assert.Contains("[UNREPLIED] src=10.244.0.3 dst=10.244.0.2 sport=8080", result.ConntrackEntry, StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_survives_remoting_and_its_settings_read_back()
    {
        Privilege.MakeNamespace().Dispose();
        var result = HairpinLab.Run([new LabScenario { Name = "broken", Call = false, PayloadBytes = 9 }], Cancellation).Single();
        Assert.Equal("call=0 bridge=0 hairpin=0 masquerade=Own forwarding=1 drop=0 promiscuous=0 target=SameBridge bytes=9", result.Settings);
        var back = (PSObject)PSSerializer.Deserialize(PSSerializer.Serialize(result));
        foreach (string name in (string[])["Scenario", "Service", "ServiceIP", "Port", "Protocol", "SourcePod", "Endpoint", "Bridge", "Expected", "Observed",
            "Verdict", "Cause", "Evidence", "Remedy", "RemedyGives", "Elapsed", "Why", "ReplyPath", "ConntrackEntry", "IsReplied"])
        {
            Assert.Equal(typeof(LabResult).GetProperty(name)!.GetValue(result)?.ToString(), back.Properties[name].Value?.ToString());
        }
    }

    private static void Check(LabScenario[] all)
    {
        // Without br_netfilter there is no switch: what needs it on cannot be built, and everything else must be as if it were off.
        bool hasSwitch = Directory.Exists("/proc/sys/net/bridge");
        LabScenario[] scenarios = [.. all.Where(s => hasSwitch || !s.Effective)];
        var results = HairpinLab.Run(scenarios, Cancellation).ToList();
        // What helps was done, and the call went through then.
        Assert.All(results.Where(r => r.Verdict == ServiceVerdict.Broken && hasSwitch), r => Assert.True(r is { Remedy: not null, RemedyGives: ServiceVerdict.Works }, $"{r.Scenario} {r.Family} {r.Protocol} ({r.Settings}): {r.Cause}, {r.Remedy}, gives {r.RemedyGives}"));
        Assert.All(results.Where(r => r.Verdict == ServiceVerdict.Works), r => Assert.Null(r.RemedyGives));
        var wrong = results.Where(r => !r.IsAsExpected)
            .Select(r => $"{r.Scenario} {r.Family} {r.Protocol}: expected {r.Expected}, observed {r.Observed} ({r.Settings}) {r.Evidence}").ToArray();
        TestContext.Current.TestOutputHelper?.WriteLine($"{wrong.Length} mismatches in {scenarios.Length} cells");
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
        var unbuilt = HairpinLab.Run([.. all.Where(s => !hasSwitch && s.Effective).Take(2)], Cancellation).ToArray();
        Assert.All(unbuilt, r => Assert.Equal((LabObservation.NotRun, ServiceVerdict.Unknown), (r.Observed, r.Verdict)));
        Assert.All(unbuilt, r => Assert.Contains("Enable-KernelModule", r.Why, StringComparison.Ordinal));
        Assert.SkipUnless(
            hasSwitch || scenarios.Length == all.Length,
            $"{all.Length - scenarios.Length} of {all.Length} cells need br_netfilter, which this kernel has not loaded: each says so; the other {scenarios.Length} agree");
    }
}
