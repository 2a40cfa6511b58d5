using System.Diagnostics;
using System.Net.Sockets;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
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
        bool[] both = [false, true];
        LabScenario[] cells =
        [
            .. from call in both
               from flag in both
               from hairpin in both
               from masquerade in Enum.GetValues<LabMasquerade>()
               from target in Enum.GetValues<LabTarget>()
               from family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6]
               from protocol in (ProtocolType[])[ProtocolType.Tcp, ProtocolType.Udp]
               select new LabScenario
               {
                   Name = $"{target}{(call ? "Call" : "")}{(flag ? "Flag" : "")}{(hairpin ? "Hairpin" : "")}{masquerade}",
                   Call = call, BridgeFlag = flag, Hairpin = hairpin, Masquerade = masquerade, Target = target, Family = family, Protocol = protocol,
               },
        ];
        Assert.Equal(384, cells.Length);
        bool hasSwitch = Directory.Exists("/proc/sys/net/bridge");
        LabScenario[] runnable = [.. cells.Where(c => hasSwitch || !c.Effective)];
        Check(runnable);
        Assert.SkipUnless(hasSwitch, $"{cells.Length - runnable.Length} of {cells.Length} cells need br_netfilter, which this kernel has not loaded; the others agree");
    }

    [Fact]
    public void Forwarding_a_dropping_policy_and_promiscuity_do_what_is_said_of_them()
    {
        Privilege.MakeNamespace().Dispose();
        Assert.SkipUnless(Directory.Exists("/proc/sys/net/bridge"), "br_netfilter is not loaded");
        bool[] both = [false, true];
        Check(
        [
            .. from what in (string[])["ForwardingOff", "ForwardDrop", "Promiscuous"]
               from call in both
               from hairpin in both
               from target in Enum.GetValues<LabTarget>()
               from family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6]
               select new LabScenario
               {
                   Name = $"{what}{target}{(call ? "Call" : "")}{(hairpin ? "Hairpin" : "")}", Call = call, Hairpin = hairpin, Target = target, Family = family,
                   Forwarding = what != "ForwardingOff", ForwardDrop = what == "ForwardDrop", Promiscuous = what == "Promiscuous",
               },
        ]);
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
        var result = Lab.Run([new LabScenario { Name = "broken", Call = false }], Cancellation).Single();
        Assert.Equal(ServiceVerdict.Broken, result.Verdict);
        Assert.False(result.IsReplied);
        Assert.Contains("SYN_SENT", result.ConntrackEntry, StringComparison.Ordinal);
        Assert.Contains("src=10.244.0.2 dst=10.96.0.10", result.ConntrackEntry, StringComparison.Ordinal);
        Assert.Contains("[UNREPLIED] src=10.244.0.3 dst=10.244.0.2 sport=8080", result.ConntrackEntry, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_ends_early_leaves_no_namespace_and_no_thread_behind()
    {
        Privilege.MakeNamespace().Dispose();
        ulong[] Inodes() => [.. NetworkNamespaces.Find(KernelRoot.Live, Cancellation).Select(n => n.Inode).Order()];
        var before = Inodes();
        int descriptors = Directory.GetFiles("/proc/self/fd").Length;
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation))
        {
            var clock = Stopwatch.StartNew();
            Assert.Throws<OperationCanceledException>(() =>
            {
                foreach (var result in Lab.Run(LabScenario.Defaults(AddressFamily.InterNetwork, ProtocolType.Tcp), stop.Token))
                {
                    stop.Cancel();
                }
            });
        }

        Assert.Equal(before, Inodes());
        Assert.DoesNotContain(Process.GetCurrentProcess().Threads.Cast<ProcessThread>(), t => ThreadName(t.Id).StartsWith("lab", StringComparison.Ordinal));
        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, descriptors + 4);
    }

    private static string ThreadName(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/self/task/{id}/comm");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static void Check(LabScenario[] scenarios)
    {
        var wrong = Lab.Run(scenarios, Cancellation).Where(r => !r.IsAsExpected)
            .Select(r => $"{r.Scenario} {r.Family} {r.Protocol}: expected {r.Expected}, observed {r.Observed} ({r.Settings}) {r.Evidence}").ToArray();
        TestContext.Current.TestOutputHelper?.WriteLine($"{wrong.Length} mismatches in {scenarios.Length} cells");
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }
}
