using System.Management.Automation;
using K8sNetfilter.Packets;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Packets;

public sealed class TraceNetfilterPacketCommandTests : IDisposable
{
    private const string Dump = """
        *nat
        :PREROUTING ACCEPT [0:0]
        :INPUT ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        :KUBE-SEP-A - [0:0]
        :KUBE-SEP-B - [0:0]
        :KUBE-SERVICES - [0:0]
        :KUBE-SVC-X - [0:0]
        -A PREROUTING -j KUBE-SERVICES
        -A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.244.1.2:8080
        -A KUBE-SEP-B -p tcp -m tcp -j DNAT --to-destination 10.244.1.3:8080
        -A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-X
        -A KUBE-SVC-X -m statistic --mode random --probability 0.25000000000 -j KUBE-SEP-A
        -A KUBE-SVC-X -j KUBE-SEP-B
        COMMIT
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        -A FORWARD -m set --match-set blocked src -j DROP
        -A FORWARD -m limit --limit 10/sec -j ACCEPT
        COMMIT
        """;

    private readonly ModuleEngine _engine = new();
    private readonly string _dump = Path.GetTempFileName();

    public TraceNetfilterPacketCommandTests() => File.WriteAllText(_dump, Dump + "\n");

    public void Dispose()
    {
        _engine.Dispose();
        File.Delete(_dump);
    }

    private List<PSObject> Trace(string arguments) => [.. _engine.Run($"Trace-NetfilterPacket {arguments} -Path $dump", ("dump", _dump))];

    [Fact]
    public void Chance_gives_each_branch_with_its_probability()
    {
        var branches = Trace("10.244.0.2 10.96.0.10 80 -InInterface eth0 -OutInterface eth1 -MatchSet '!blocked' -Assume @{ limit = $true } -NoReply -Summary")
            .Select(o => (WalkBranch)o.BaseObject).OrderBy(b => b.Probability).ToList();
        Assert.Empty(_engine.Errors);
        Assert.Equal([0.25, 0.75], branches.Select(b => b.Probability!.Value));
        Assert.Equal(["10.244.1.2", "10.244.1.3"], branches.Select(b => b.Request!.Destination.ToString()));
        Assert.All(branches, b => Assert.Equal(PacketFate.Sent, b.Fate));
    }

    [Fact]
    public void What_is_not_known_forks_the_walk_and_is_named()
    {
        var steps = Trace("10.244.0.2 10.244.1.2 8080 -InInterface eth0 -OutInterface eth1 -NoReply").Select(o => (TraceStep)o.BaseObject).ToList();
        var unknown = steps.Where(s => s.Outcome == MatchOutcome.Unknown && s.Rule is not null).ToList();
        Assert.Contains(unknown, s => s.Reason.Contains("the set blocked", StringComparison.Ordinal));
        Assert.Contains(unknown, s => s.Reason.Contains("rate", StringComparison.Ordinal));
        Assert.All(unknown, s => Assert.False(string.IsNullOrWhiteSpace(s.Reason)));
        Assert.Equal(["FAILS", "SENT"], steps.Where(s => s.Hook == "RESULT").Select(s => s.Verdict!).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(1, steps.Count), steps.Select(s => s.Number));
    }

    [Theory]
    [InlineData("-MatchSet blocked", PacketFate.Dropped)]
    [InlineData("-MatchSet '!blocked' -Assume @{ limit = $true }", PacketFate.Sent)]
    [InlineData("-MatchSet '!blocked' -Assume @{ '*--limit 10/sec*' = 'No' }", PacketFate.Dropped)]
    [InlineData("-Assume @{ 'set' = $false; 'limit' = $true }", PacketFate.Sent)]
    public void The_user_settles_what_is_not_known(string arguments, PacketFate fate)
    {
        var branch = Assert.IsType<WalkBranch>(Assert.Single(Trace($"10.244.0.2 10.244.1.2 8080 -InInterface eth0 -OutInterface eth1 -NoReply -Summary {arguments}")).BaseObject);
        Assert.Equal(fate, branch.Fate);
        Assert.Empty(branch.Assumptions);
    }

    [Fact]
    public void Rules_that_do_not_match_are_shown_when_asked_for()
    {
        var few = Trace("10.244.0.2 10.96.0.11 80 -InInterface eth0 -OutInterface eth1 -NoReply -Assume @{ set = $false; limit = $true }");
        var all = Trace("10.244.0.2 10.96.0.11 80 -InInterface eth0 -OutInterface eth1 -NoReply -All -Assume @{ set = $false; limit = $true }");
        Assert.DoesNotContain(few, s => ((TraceStep)s.BaseObject).Outcome == MatchOutcome.No);
        var miss = Assert.Single(all, s => ((TraceStep)s.BaseObject) is { Outcome: MatchOutcome.No, Chain: "KUBE-SERVICES" });
        Assert.Equal("destination 10.96.0.11 is not 10.96.0.10", ((TraceStep)miss.BaseObject).Reason);
    }

    [Fact]
    public void Packets_come_by_the_pipeline_one_bad_one_does_not_stop_the_rest()
    {
        var results = _engine.Run(
            """
            [pscustomobject]@{ Source = '10.244.0.2'; IP = '10.96.0.10'; Port = 80; Protocol = 'TCP' },
            [pscustomobject]@{ Source = 'fd00::1'; IP = '10.96.0.10'; Port = 80; Protocol = 'tcp' },
            [pscustomobject]@{ Source = '10.244.0.2'; IP = '10.96.0.10'; Port = 80; Protocol = 'nonsense' },
            [pscustomobject]@{ Source = '10.244.0.3'; IP = '10.96.0.10'; Port = 81; Protocol = 'udp' } |
                Trace-NetfilterPacket -Path $dump -InInterface eth0 -OutInterface eth1 -NoReply -Summary -Assume @{ set = $false; limit = $true; statistic = $true }
            """, ("dump", _dump));
        Assert.Equal(2, results.Count);
        Assert.Equal(["FamiliesDiffer", "InvalidProtocol"], _engine.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
    }

    [Fact]
    public void Bad_arguments_are_clear_errors()
    {
        Trace("10.244.0.2 10.96.0.10 80 -Assume @{ limit = 'perhaps' }");
        Assert.StartsWith("AssumptionInvalid,", Assert.Single(_engine.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        _engine.Run("Trace-NetfilterPacket 10.244.0.2 10.96.0.10 80 -Path /nonexistent/file");
        Assert.StartsWith("DumpNotFound,", Assert.Single(_engine.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        _engine.Run("Trace-NetfilterPacket 10.244.0.2 10.96.0.10 80 -Root $root", ("root", Path.GetTempPath()));
        Assert.StartsWith("NoRunningKernel,", Assert.Single(_engine.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_survive_remoting()
    {
        var step = Trace("10.244.0.2 10.96.0.10 80 -InInterface eth0 -OutInterface eth1 -NoReply -Assume @{ set = $false; limit = $true }").First(s => ((TraceStep)s.BaseObject).RuleNumber is not null);
        var back = (PSObject)PSSerializer.Deserialize(PSSerializer.Serialize(step, 2));
        Assert.Equal("PREROUTING", back.Properties["Hook"].Value);
        Assert.Equal(1, back.Properties["RuleNumber"].Value);
        Assert.Contains("10.96.0.10:80", back.Properties["Packet"].Value.ToString(), StringComparison.Ordinal);
    }
}
