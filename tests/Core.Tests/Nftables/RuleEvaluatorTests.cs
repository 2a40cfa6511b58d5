using K8sNetfilter.Nftables;
using K8sNetfilter.Nftables.Evaluation;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Nftables.Expressions.Operations;
using K8sNetfilter.Nftables.Expressions.Statements;
using K8sNetfilter.Nftables.Sets;

namespace K8sNetfilter.Tests.Nftables;

/// <summary>What rules do with packets, as net/netfilter/nft_*.c has it.</summary>
public sealed class RuleEvaluatorTests
{
    private static readonly NftRegister First = NftRegister.First;
    private static readonly NftRegister Second = NftRegister.Of(2);

    private static NftOutcome Run(SomePacket packet, params NftExpression[] expressions) => Run([], packet, expressions);

    private static NftOutcome Run(NftSet[] sets, SomePacket packet, params NftExpression[] expressions)
    {
        var table = new NftTable(NftFamily.IPv4, "t", [], sets, [], []);
        return new RuleEvaluator(table).Evaluate(new NftRule(1, expressions), packet);
    }

    private static NftAction ActionOf(NftOutcome outcome) => Assert.IsType<NftResult>(outcome).Action;

    private static readonly VerdictExpression Accepting = new(new NftVerdict(NftVerdictCode.Accept));
    private static readonly VerdictExpression Drop = new(new NftVerdict(NftVerdictCode.Drop));

    private static NftExpression[] CtState(uint bits) =>
    [
        new CtExpression(NftCtKey.State, NftCtDirection.None, First),
        new BitwiseExpression(First, First, 4, SomePacket.Host(bits), SomePacket.Host(0)),
        new CmpExpression(First, NftCmpOperator.NotEqual, SomePacket.Host(0)),
        Accepting,
    ];

    [Theory]
    [InlineData(8, 8 | 2, "Accept")]
    [InlineData(8, 2 | 4, "Broken")]
    [InlineData(64, 64, "Accept")]
    public void The_state_of_a_connection_is_a_bit_of_a_mask(uint state, uint asked, string expected) =>
        Assert.Equal(expected, ActionOf(Run(new SomePacket { State = state }, CtState(asked))).ToString());

    [Fact]
    public void A_key_of_conntrack_without_an_entry_breaks_the_rule_but_the_state_is_invalid()
    {
        var packet = new SomePacket { HasConnection = false, State = 1 };
        Assert.Equal(NftAction.Broken, ActionOf(Run(packet, new CtExpression(NftCtKey.Mark, NftCtDirection.None, First), Drop)));
        Assert.Equal(NftAction.Accept, ActionOf(Run(packet, CtState(1))));
    }

    [Fact]
    public void A_flag_is_a_bit_in_a_mask_and_a_value_in_a_set()
    {
        // The packet has SYN alone; "tcp flags syn" tests the bit, "tcp flags { syn, ack }" the whole byte.
        var load = new PayloadExpression(NftPayloadBase.Transport, 13, 1, First);
        Assert.Equal(NftAction.Accept, ActionOf(Run(
            new SomePacket(), load, new BitwiseExpression(First, First, 1, new byte[] { 2 }, new byte[] { 0 }),
            new CmpExpression(First, NftCmpOperator.NotEqual, new byte[] { 0 }), Accepting)));
        var set = Set("s", NftSetFlags.Anonymous, [3], [16]);
        Assert.Equal(NftAction.Broken, ActionOf(Run([set], new SomePacket(), load,
            new LookupExpression("s", First, NftRegister.None, false), Accepting)));
    }

    [Theory]
    [InlineData("eth0", "Accept")]
    [InlineData("eth01", "Broken")]
    public void A_name_is_compared_over_sixteen_bytes_and_a_prefix_over_its_own(string input, string whole)
    {
        var load = new MetaExpression(NftMetaKey.InputName, First);
        byte[] name = new byte[16];
        "eth0"u8.CopyTo(name);
        var packet = new SomePacket { Input = input };
        Assert.Equal(whole, ActionOf(Run(packet, load, new CmpExpression(First, NftCmpOperator.Equal, name), Accepting)).ToString());
        Assert.Equal(NftAction.Accept, ActionOf(Run(packet, load, new CmpExpression(First, NftCmpOperator.Equal, "eth0"u8.ToArray()),
            Accepting)));
    }

    [Fact]
    public void A_load_beyond_the_packet_breaks_the_rule() =>
        Assert.Equal(NftAction.Broken, ActionOf(Run(new SomePacket(), new PayloadExpression(NftPayloadBase.LinkLayer, 0, 6, First),
            Drop)));

    [Fact]
    public void A_range_of_marks_needs_network_order()
    {
        // meta mark 0x100-0x1ff: byteorder first, as nft writes it; in host order 0x00000180 would be compared from its lowest byte.
        var packet = new SomePacket { Mark = 0x180 };
        NftData from = new byte[] { 0, 0, 1, 0 }, to = new byte[] { 0, 0, 1, 0xff };
        var load = new MetaExpression(NftMetaKey.Mark, First);
        Assert.Equal(NftAction.Accept, ActionOf(Run(
            packet, load, new ByteorderExpression(First, First, false, 4, 4), new RangeExpression(First, false, from, to),
                Accepting)));
        Assert.Equal(NftAction.Broken, ActionOf(Run(packet, load, new RangeExpression(First, false, from, to), Accepting)));
    }

    [Fact]
    public void Bits_of_a_mark_that_are_known_decide_where_others_are_not()
    {
        var packet = new SomePacket { Mark = 0x4000, MarkKnown = 0xff00 };
        NftExpression[] Masked(uint mask) =>
        [
            new MetaExpression(NftMetaKey.Mark, First), new BitwiseExpression(First, First, 4, SomePacket.Host(mask),
                SomePacket.Host(0)),
            new CmpExpression(First, NftCmpOperator.NotEqual, SomePacket.Host(0)), Accepting,
        ];
        Assert.Equal(NftAction.Accept, ActionOf(Run(packet, Masked(0x4000))));
        Assert.Equal(NftAction.Broken, ActionOf(Run(packet, Masked(0x8000))));
        var either = Assert.IsType<NftEither>(Run(packet, Masked(1)));
        Assert.Equal("the mark", either.Why);
        Assert.Equal((NftAction.Accept, NftAction.Broken), (ActionOf(either.Yes), ActionOf(either.No)));
    }

    [Fact]
    public void A_mark_that_the_rule_sets_is_what_it_loads_later()
    {
        var outcome = Run(
            new SomePacket(),
            new ImmediateExpression(First, SomePacket.Host(7)), new MetaWriteExpression(NftMetaKey.Mark, First),
            new MetaExpression(NftMetaKey.Mark, Second), new CmpExpression(Second, NftCmpOperator.Equal, SomePacket.Host(7)),
                Accepting);
        var result = Assert.IsType<NftResult>(outcome);
        Assert.Equal(NftAction.Accept, result.Action);
        Assert.Equal(NftEffectKind.Meta, result.Effects!.Kind);
    }

    [Fact]
    public void A_rule_that_breaks_keeps_what_it_changed_before()
    {
        var result = Assert.IsType<NftResult>(Run(
            new SomePacket(),
            new ImmediateExpression(First, SomePacket.Host(7)), new MetaWriteExpression(NftMetaKey.Mark, First),
            new CmpExpression(First, NftCmpOperator.Equal, SomePacket.Host(8)), Accepting));
        Assert.Equal(NftAction.Broken, result.Action);
        Assert.NotNull(result.Effects);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(3u)]
    public void A_number_by_chance_leads_to_each_of_a_map(uint count)
    {
        var builder = new NftElementsBuilder(4);
        for (uint i = 0; i < count; i++)
        {
            builder.Add(SomePacket.Host(i).Span);
            builder.Verdict(new NftVerdict(NftVerdictCode.Goto, $"endpoint-{i}"));
        }

        var map = new NftSet("m", NftSetFlags.Map | NftSetFlags.Anonymous, 0, builder.Build()) { DataType = NftSet.VerdictType };
        var outcome = Run(
            [map], new SomePacket(), new NumgenExpression(NftNumgenMode.Random, count, 0, First),
            new LookupExpression("m", First, NftRegister.Verdict, false));
        if (count == 1)
        {
            Assert.Equal("endpoint-0", Assert.IsType<NftResult>(outcome).Detail);
            return;
        }

        var chance = Assert.IsType<NftChance>(outcome);
        Assert.Equal(["endpoint-0", "endpoint-1", "endpoint-2"], chance.Cases.Select(c => ((NftResult)c.Outcome).Detail));
        Assert.All(chance.Cases, c => Assert.Equal(1.0 / 3, c.Share, 9));
    }

    [Fact]
    public void Numbers_that_lead_to_the_same_are_one_case()
    {
        var chance = Assert.IsType<NftChance>(Run(
            new SomePacket(), new NumgenExpression(NftNumgenMode.Random, 10, 0, First),
            new ByteorderExpression(First, First, false, 4, 4),
            new CmpExpression(First, NftCmpOperator.Less, new byte[] { 0, 0, 0, 3 }), Drop));
        Assert.Equal([0.3, 0.7], chance.Cases.Select(c => Math.Round(c.Share, 9)));
    }

    [Fact]
    public void A_concatenation_is_compared_field_by_field_each_padded_to_four_bytes()
    {
        // ip daddr . tcp dport vmap { 10.0.0.2 . 80 : drop }
        var builder = new NftElementsBuilder(8);
        builder.Add([10, 0, 0, 2, 0, 80, 0, 0]);
        builder.Verdict(new NftVerdict(NftVerdictCode.Drop));
        var map = new NftSet("m", NftSetFlags.Map, 0, builder.Build()) { DataType = NftSet.VerdictType };
        Assert.Equal(NftAction.Drop, ActionOf(Run(
            [map], new SomePacket(), new PayloadExpression(NftPayloadBase.Network, 16, 4, First),
            new PayloadExpression(NftPayloadBase.Transport, 2, 2, NftRegister.OfSlot(1)),
                new LookupExpression("m", First, NftRegister.Verdict, false))));
    }

    [Fact]
    public void An_inverted_lookup_breaks_where_the_key_is_found()
    {
        var set = Set("s", NftSetFlags.None, [10, 0, 0, 1]);
        NftOutcome Source(bool inverted) => Run(
            [set], new SomePacket(), new PayloadExpression(NftPayloadBase.Network, 12, 4, First),
            new LookupExpression("s", First, NftRegister.None, inverted), Drop);
        Assert.Equal((NftAction.Drop, NftAction.Broken), (ActionOf(Source(false)), ActionOf(Source(true))));
    }

    [Fact]
    public void A_key_that_is_not_known_may_be_each_element_that_fits()
    {
        var builder = new NftElementsBuilder(4);
        foreach (byte last in new byte[] { 1, 2 })
        {
            builder.Add([10, 0, 0, last]);
            builder.Verdict(new NftVerdict(NftVerdictCode.Jump, "c" + last));
        }

        var map = new NftSet("m", NftSetFlags.Map, 0, builder.Build()) { DataType = NftSet.VerdictType };
        var outcome = Assert.IsType<NftEither>(Run(
            [map], new SomePacket { Unknown = ["Network"] }, new PayloadExpression(NftPayloadBase.Network, 12, 4, First),
            new LookupExpression("m", First, NftRegister.Verdict, false)));
        Assert.Equal("c1", Assert.IsType<NftResult>(outcome.Yes).Detail);
        var rest = Assert.IsType<NftEither>(outcome.No);
        Assert.Equal(("c2", NftAction.Broken), (Assert.IsType<NftResult>(rest.Yes).Detail, ActionOf(rest.No)));
    }

    [Fact]
    public void Notrack_does_nothing_to_a_packet_with_an_entry()
    {
        Assert.Null(Assert.IsType<NftResult>(Run(new SomePacket(), new NotrackExpression())).Effects);
        Assert.Equal(NftAction.Accept, ActionOf(Run(new SomePacket { HasConnection = false, State = 1 },
            [new NotrackExpression(), .. CtState(64)])));
    }

    [Fact]
    public void Nat_of_the_other_family_lets_the_rule_go_on()
    {
        NftOutcome Nat(NftFamily family) => Run(
            new SomePacket(), new ImmediateExpression(First, new byte[] { 10, 0, 0, 9 }),
            new NatExpression(true, family, First, First, NftRegister.None, NftRegister.None, NftNatFlags.MapAddresses), Drop);
        Assert.Equal(NftAction.Drop, ActionOf(Nat(NftFamily.IPv6)));
        var translated = Assert.IsType<NftResult>(Nat(NftFamily.IPv4));
        Assert.Equal(NftAction.Translate, translated.Action);
        Assert.Equal(new byte[] { 10, 0, 0, 9 }, translated.Translation!.AddressMin.Span.ToArray());
    }

    [Fact]
    public void An_element_that_a_rule_added_is_found_afterwards()
    {
        var set = Set("s", NftSetFlags.Dynamic, [1, 2, 3, 4]);
        var load = new PayloadExpression(NftPayloadBase.Network, 12, 4, First);
        var look = new LookupExpression("s", First, NftRegister.None, false);
        Assert.Equal(NftAction.Broken, ActionOf(Run([set], new SomePacket(), load, look, Drop)));
        var add = new DynsetExpression("s", NftDynsetOperation.Add, First, NftRegister.None, TimeSpan.Zero, 0, []);
        Assert.Equal(NftAction.Drop, ActionOf(Run([set], new SomePacket(), load, add, look, Drop)));
        var before = Assert.IsType<NftResult>(Run([set], new SomePacket(), load, add)).Effects;
        Assert.Equal(NftAction.Drop, ActionOf(Run([set], new SomePacket { Before = before }, load, look, Drop)));
    }

    [Fact]
    public void What_only_counts_decides_nothing_and_a_limit_may_decide()
    {
        var limit = new LimitExpression(1, 1, 5, false, false);
        var counted = Assert.IsType<NftResult>(Run(new SomePacket(), limit, new CounterExpression(0, 0)));
        Assert.True(counted.LeavesNoTrace);
        Assert.Equal("the rate of the limit", counted.Doubt);
        Assert.Equal("the rate of the limit", Assert.IsType<NftEither>(Run(new SomePacket(), limit, Drop)).Why);
    }

    [Fact]
    public void What_is_not_known_is_named()
    {
        var raw = Assert.IsType<NftResult>(Run(new SomePacket(), new RawExpression("newest", new byte[] { 1 }), Accepting));
        Assert.Equal(NftAction.Open, raw.Action);
        Assert.Contains("newest", raw.Detail);
        Assert.Equal(NftAction.Open, ActionOf(Run(new SomePacket(), new LookupExpression("gone", First, NftRegister.None, false))));
        Assert.Equal(NftAction.Open, ActionOf(Run(new SomePacket(), new ImmediateExpression(NftRegister.OfSlot(15), new byte[8]))));
    }

    [Fact]
    public void A_byte_is_no_number_of_two_that_could_be_turned_around()
    {
        // nft 1.0 makes this of "meta l4proto" in a concatenation with ranges: len 1, size 2.
        var outcome = Run(
            new SomePacket(), new MetaExpression(NftMetaKey.TransportProtocol, First), new ByteorderExpression(First, First, false, 1, 2),
            new CmpExpression(First, NftCmpOperator.Equal, new byte[] { 6, 0, 0, 0 }), Accepting);
        Assert.Equal(NftAction.Accept, ActionOf(outcome));
    }

    [Fact]
    public void A_shift_carries_from_word_to_word()
    {
        var outcome = Run(
            new SomePacket(), new ImmediateExpression(First, (NftData)(byte[])[.. BitConverter.GetBytes(1u),
                .. BitConverter.GetBytes(0x80000000u)]),
            new ShiftExpression(First, First, 8, false, 4),
            new CmpExpression(First, NftCmpOperator.Equal, (NftData)(byte[])[.. BitConverter.GetBytes(0x18u),
                .. BitConverter.GetBytes(0u)]), Accepting);
        Assert.Equal(NftAction.Accept, ActionOf(outcome));
    }

    [Fact]
    public void A_flow_is_offloaded_only_once_it_is_established()
    {
        var offload = new FlowOffloadExpression("f");
        Assert.Equal(NftAction.Broken, ActionOf(Run(new SomePacket(), offload, Accepting)));
        Assert.IsType<NftEither>(Run(new SomePacket { IsOfEstablished = true }, offload, Accepting));
    }

    [Fact]
    public void An_option_that_may_not_be_there_leads_both_ways()
    {
        var option = new ExthdrExpression(NftExthdrOperation.Tcp, 2, 2, 2, 0, First);
        Assert.Equal("the TCP options", Assert.IsType<NftEither>(Run(new SomePacket(), option, Accepting)).Why);
        var header = new ExthdrExpression(NftExthdrOperation.IPv6, 44, 0, 1, 1, First);
        Assert.Equal(NftAction.Broken, ActionOf(Run(new SomePacket(), header,
            new CmpExpression(First, NftCmpOperator.Equal, new byte[] { 1 }), Accepting)));
    }

    private static NftSet Set(string name, NftSetFlags flags, params byte[][] keys)
    {
        var builder = new NftElementsBuilder(keys[0].Length);
        foreach (byte[] key in keys)
        {
            builder.Add(key);
        }

        return new NftSet(name, flags, 0, builder.Build());
    }
}
