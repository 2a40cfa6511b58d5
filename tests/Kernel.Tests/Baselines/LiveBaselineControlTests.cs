using K8sNetfilter.Baselines;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Links;
using K8sNetfilter.Netlink;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Tests.Sysctl;

namespace K8sNetfilter.Tests.Baselines;

/// <summary>A running kernel brought to a baseline and back, in namespaces of the test's own.</summary>
public sealed class LiveBaselineControlTests
{
    private const string Json = """
        { "name": "Live",
          "sysctls": [
            { "name": "net.ipv4.conf.eth0.rp_filter", "value": 2 },
            { "name": "net.ipv4.ip_forward", "value": 1 },
            { "name": "net.ipv4.ip_default_ttl", "minimum": 10, "maximum": 20, "atBoot": false } ],
          "bridges": [ { "name": "eth0", "hairpin": true } ] }
        """;

    public static TheoryData<string> Moments =>
    [
        .. from moment in new[] { nameof(BaselineMoment.Start), nameof(BaselineMoment.Journaled), nameof(BaselineMoment.Done) } from step in Enumerable.Range(1, 5) select $"{moment} {step}",
        "Complete 0",
    ];

    private static void Inside(Action<LiveSysctls> test)
    {
        Assert.SkipUnless(SysctlSandbox.Unavailable is null, SysctlSandbox.Unavailable ?? "");
        SysctlSandbox.Run(() =>
        {
            SysctlSandbox.NewNetwork(withLoopback: false);
            using (var links = Links())
            {
                links.AddVethPair(new VethEnd("port0"), new VethEnd("port1"));
                links.SetMaster("port0", "eth0");
            }

            // What the journal needs, on a file system of the test's own.
            Directory.CreateDirectory("/etc/sysctl.d");
            SysctlSandbox.Hide("/var/lib");
            test(new LiveSysctls(KernelRoot.Live));
        });
    }

    private static RouteNetlink Links() => new(NetlinkConnection.OpenHere(NetlinkProtocol.Route), "here");

    private static BaselinePlan Plan(BaselineControl control, string json = Json) =>
        control.Plan([BaselineReader.Read("/live.json", DataJson.Parse("/live.json", System.Text.Encoding.UTF8.GetBytes(json)))], null, _ => { }, CancellationToken.None);

    private static List<BaselineStep> Set(BaselineControl control)
    {
        var done = new List<BaselineStep>();
        Assert.True(control.Apply(Plan(control), () => Plan(control), done.Add, null, CancellationToken.None));
        return done;
    }

    private static void Undo(BaselineControl control) => control.Undo(force: false, new HashSet<int>(), _ => { }, _ => { }, null, CancellationToken.None);

    private static string Sight(LiveSysctls live)
    {
        using var links = Links();
        return string.Join('\n', SysctlSandbox.ReadAll(live).OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key}={v.Value}"))
            + $"\nhairpin={links.FindLink("port0")!.Port!.Hairpin}\n{string.Join('\n', Directory.GetFileSystemEntries("/etc", "*", SearchOption.AllDirectories).Order())}";
    }

    [Fact]
    public void Parameters_and_ports_are_set_once_and_put_back_with_all_that_went_along() => Inside(live =>
    {
        string before = Sight(live);
        var control = new BaselineControl(KernelRoot.Live);
        var plan = Plan(control);
        Assert.Empty(plan.Refusals);
        Assert.Equal(
            [
                "net.ipv4.ip_forward: set it to 1 (it is 0)", "net.ipv4.conf.eth0.rp_filter: set it to 2 (it is 0)", "net.ipv4.ip_default_ttl: set it to 20 (it is 64)",
                "port0: turn hairpin on (a port of eth0)",
                "/etc/sysctl.d/k8s.conf: make it: set net.ipv4.conf.eth0.rp_filter = 2; set net.ipv4.ip_forward = 1",
            ],
            plan.Steps.Select(s => s.ToString()));
        Assert.Equal(before, Sight(live));
        Assert.Equal(5, Set(control).Count);
        Assert.All(Plan(control).Findings, f => Assert.True(f.IsInDesiredState, f.Cause));
        Assert.Equal("1", live.ReadValue("net/ipv4/conf/eth0/forwarding"));
        Assert.Empty(Set(control));
        Undo(control);
        Assert.Equal(before, Sight(live));
    });

    [Theory]
    [MemberData(nameof(Moments))]
    public void A_fault_at_any_step_leaves_the_kernel_as_it_was(string at) => Inside(live =>
    {
        string before = Sight(live);
        var control = new BaselineControl(KernelRoot.Live)
        {
            At = (moment, step) =>
            {
                if ($"{moment} {step}" == at)
                {
                    throw new NodeException("Injected", NodeErrorCategory.InvalidResult, "injected");
                }
            },
        };
        Assert.Equal("BaselineNotApplied", Assert.Throws<NodeException>(() => Set(control)).ErrorId);
        Assert.Equal(before, Sight(live));
    });

    [Fact]
    public void What_somebody_else_set_since_is_named() => Inside(live =>
    {
        var control = new BaselineControl(KernelRoot.Live);
        Set(control);
        LiveSysctls.WriteValue("net/ipv4/ip_default_ttl", "33");
        var failure = Assert.Throws<NodeException>(() => Undo(control));
        Assert.Contains("net.ipv4.ip_default_ttl is 33, and was set to 20", failure.Message, StringComparison.Ordinal);
        Assert.Equal("1", live.ReadValue("net/ipv4/ip_forward"));
    });

    [Fact]
    public void What_the_kernel_does_not_have_or_let_be_written_is_named_and_the_rest_is_done() => Inside(live =>
    {
        var plan = Plan(new BaselineControl(KernelRoot.Live), """
            { "name": "Live", "sysctls": [ { "name": "net.ipv4.no_such_key", "value": 1 }, { "name": "kernel.osrelease", "value": 1 }, { "name": "net.ipv4.ip_forward", "value": 1 } ],
              "bridges": [ { "name": "nobridge", "hairpin": true }, { "name": "eth0", "callIptables": false } ],
              "chains": [ { "name": "NO-SUCH", "table": "nat" } ] }
            """);
        Assert.Contains(plan.Refusals, r => r.Finding.Name == "net.ipv4.no_such_key" && r.Why.Contains("this kernel has no", StringComparison.Ordinal));
        Assert.Contains(plan.Refusals, r => r.Finding.Name == "kernel.osrelease" && r.Why.Contains("nobody write", StringComparison.Ordinal));
        Assert.Contains(plan.Refusals, r => r.Finding.Name == "nobridge");
        Assert.Contains(plan.Refusals, r => r.Finding.Name == "NO-SUCH");
        if (live.ReadValue("net/bridge/bridge-nf-call-iptables") == "1")
        {
            Assert.Contains(plan.Refusals, r => r.Finding.Name == "eth0" && r.Why.Contains("cannot opt out", StringComparison.Ordinal));
        }

        Assert.Equal(["net.ipv4.ip_forward", "/etc/sysctl.d/k8s.conf"], plan.Steps.Select(s => s.Target));
    });
}
