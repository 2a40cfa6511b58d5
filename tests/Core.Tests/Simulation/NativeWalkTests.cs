using System.Net;
using K8sNetfilter.Hooks;
using K8sNetfilter.Nftables;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Nftables.Expressions.Operations;
using K8sNetfilter.Nftables.Expressions.Statements;
using K8sNetfilter.Nftables.Sets;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Simulation;
using K8sNetfilter.Simulation.Nftables;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>Walks through native tables of nf_tables, beside those of iptables.</summary>
public sealed class NativeWalkTests
{
    private static readonly NftExpression Accepting = Verdict(NftVerdictCode.Accept);
    private static readonly NftExpression Drop = Verdict(NftVerdictCode.Drop);

    private static VerdictExpression Verdict(NftVerdictCode code, string? chain = null) => new(new NftVerdict(code, chain));

    private static NftRule Rule(ulong handle, params NftExpression[] expressions) => new(handle, expressions);

    private static NftChain Base(string type, NftHook hook, int priority, params NftRule[] rules) =>
        new(hook.ToString().ToLowerInvariant(), new NftChainHook(type, hook, priority, NftVerdictCode.Accept, []), rules);

    private static NftTable Table(string name, NftChain[] chains, params NftSet[] sets) => new(NftFamily.IPv4, name, chains, sets, [], []);

    private static NftExpression[] To(string address) =>
    [
        new PayloadExpression(NftPayloadBase.Network, 16, 4, NftRegister.First),
        new CmpExpression(NftRegister.First, NftCmpOperator.Equal, IPAddress.Parse(address).GetAddressBytes()),
    ];

    private static WalkResult Walk(string iptables, params NftTable[] tables) => Walk(iptables, "10.96.0.10", tables);

    private static WalkResult Walk(string iptables, string destination, NftTable[] tables, bool isWhole = true)
    {
        var rules = RulesetParser.Parse(iptables);
        var native = NativeChains.Of(new NftRuleset(tables) { IsOfOneGeneration = isWhole }, rules, KernelHooks.Unknown);
        var packet = new Packet
        {
            Source = IPAddress.Parse("192.168.1.20"), Destination = IPAddress.Parse(destination), Protocol = "tcp", SourcePort = 40000,
            DestinationPort = 80, TcpFlags = 2, InInterface = "eth0",
        };
        return new PacketWalk(rules, new WalkNode().Network(), native: native).Walk(packet, new WalkOptions { KeepSteps = true });
    }

    private static WalkBranch One(WalkResult result) => Assert.Single(result.Branches);

    [Fact]
    public void Accept_ends_its_base_chain_alone()
    {
        var branch = One(Walk(
            "", "10.244.0.2",
            [Table("first", [Base("filter", NftHook.Forward, -10, Rule(2, Accepting), Rule(3, Drop))]), Table("second", [Base("filter", NftHook.Forward, 0, Rule(7, Drop))])]));
        Assert.Equal(PacketFate.Dropped, branch.Fate);
        Assert.Contains("rule 1 (handle 7) of ip second forward", branch.Reason);
    }

    [Fact]
    public void A_jump_comes_back_and_a_goto_does_not()
    {
        NftChain[] Chains(NftVerdictCode code) =>
        [
            Base("filter", NftHook.Forward, 0, Rule(1, Verdict(code, "user")), Rule(2, Drop)), new("user", null, [Rule(3, Verdict(NftVerdictCode.Return))]),
        ];
        Assert.Equal(PacketFate.Dropped, One(Walk("", "10.244.0.2", [Table("t", Chains(NftVerdictCode.Jump))])).Fate);
        Assert.Equal(PacketFate.Sent, One(Walk("", "10.244.0.2", [Table("t", Chains(NftVerdictCode.Goto))])).Fate);
    }

    [Theory]
    [InlineData(-150, PacketFate.Dropped)]
    [InlineData(-90, PacketFate.Sent)]
    public void Translation_has_one_place_on_the_hook_whatever_the_priority_of_its_chain(int priority, PacketFate expected)
    {
        NftExpression[] translate =
        [
            .. To("10.96.0.10"), new ImmediateExpression(NftRegister.First, IPAddress.Parse("10.244.0.2").GetAddressBytes()),
            new NatExpression(true, NftFamily.IPv4, NftRegister.First, NftRegister.First, NftRegister.None, NftRegister.None, NftNatFlags.MapAddresses),
        ];
        var result = Walk(
            "", Table("nat", [Base("nat", NftHook.Prerouting, -160, Rule(1, translate))]),
            Table("drops", [Base("filter", NftHook.Prerouting, priority, Rule(1, [.. To("10.96.0.10"), Drop]))]));
        Assert.Equal(expected, One(result).Fate);
    }

    [Fact]
    public void Chance_leads_to_each_endpoint_of_a_map()
    {
        var builder = new NftElementsBuilder(4, 8);
        for (uint i = 0; i < 2; i++)
        {
            builder.Add(BitConverter.GetBytes(i));
            builder.Data([10, 244, 0, (byte)(2 + i), 0x1f, 0x90, 0, 0]);
        }

        var map = new NftSet("__map0", NftSetFlags.Map | NftSetFlags.Anonymous, 0, builder.Build());
        NftExpression[] service =
        [
            new NumgenExpression(NftNumgenMode.Random, 2, 0, NftRegister.First), new LookupExpression("__map0", NftRegister.First, NftRegister.First, false),
            new NatExpression(true, NftFamily.IPv4, NftRegister.First, NftRegister.First, NftRegister.OfSlot(1), NftRegister.OfSlot(1), NftNatFlags.None),
        ];
        var result = Walk("", Table("kube-proxy", [Base("nat", NftHook.Prerouting, -100, Rule(1, [.. To("10.96.0.10"), .. service]))], map));
        Assert.Equal(["10.244.0.2:8080 0.5", "10.244.0.3:8080 0.5"], result.Branches.Select(b => $"{b.End.Destination}:{b.End.DestinationPort} {b.Probability}").Order());
    }

    [Fact]
    public void Both_languages_are_one_walk()
    {
        // iptables' nat table translates; a native chain behind it sees the endpoint.
        var table = Table("firewall", [Base("filter", NftHook.Forward, 10, Rule(4, [.. To("10.244.0.3"), new RejectExpression(NftRejectType.Icmpx, 1)]))]);
        var branch = One(Walk(WalkNode.ServiceRules, table));
        Assert.Equal(PacketFate.Rejected, branch.Fate);
        Assert.Equal("rejected with icmpx port-unreachable by rule 1 (handle 4) of ip firewall forward", branch.Reason);
    }

    [Fact]
    public void What_an_expression_does_that_is_not_known_leaves_the_end_open()
    {
        var branch = One(Walk("", "10.244.0.2", [Table("t", [Base("filter", NftHook.Forward, 0, Rule(9, new RawExpression("newest", new byte[] { 1 })))])]));
        Assert.Equal(PacketFate.Unknown, branch.Fate);
        Assert.Contains("newest", branch.Reason);
        Assert.Contains("handle 9", branch.Reason);
    }

    [Fact]
    public void Tables_that_were_not_read_whole_are_not_walked() =>
        Assert.Equal(PacketFate.Sent, One(Walk("", "10.244.0.2", [Table("t", [Base("filter", NftHook.Forward, 0, Rule(1, Drop))])], isWhole: false)).Fate);
}
