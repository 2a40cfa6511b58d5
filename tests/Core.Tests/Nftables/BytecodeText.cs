using System.Buffers.Binary;
using System.Globalization;
using K8sNetfilter.Nftables;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Nftables.Expressions.Operations;
using K8sNetfilter.Nftables.Expressions.Statements;

namespace K8sNetfilter.Tests.Nftables;

/// <summary>Writes expressions as <c>nft --debug=netlink list ruleset</c> writes them, to compare them with what it recorded.</summary>
internal static class BytecodeText
{
    private static readonly string[] Meta =
    [
        "len", "protocol", "priority", "mark", "iif", "oif", "iifname", "oifname", "iiftype", "oiftype", "skuid", "skgid", "nftrace",
            "rtclassid",
        "secmark", "nfproto", "l4proto", "bri_iifname", "bri_oifname", "pkttype", "cpu", "iifgroup", "oifgroup", "cgroup", "prandom",
            "secpath",
        "iifkind", "oifkind", "iifpvid", "iifvproto", "time", "day", "hour", "sdif", "sdifname",
    ];

    private static readonly string[] Ct =
    [
        "state", "direction", "status", "mark", "secmark", "expiration", "helper", "l3protocol", "src", "dst", "protocol", "proto_src",
            "proto_dst",
        "label", "packets", "bytes", "avgpkt", "zone", "event", "src_ip", "dst_ip", "src_ip6", "dst_ip6", "id",
    ];

    public static string Of(NftExpression expression) => string.Create(CultureInfo.InvariantCulture,
        $"[ {Inner(expression).TrimEnd()} ]");

    private static string Inner(NftExpression expression) => expression switch
    {
        MetaExpression e => I($"meta load {Meta[(int)e.Key]} => reg {e.Target.Number}"),
        MetaWriteExpression e => I($"meta set {Meta[(int)e.Key]} with reg {e.Source.Number}"),
        CtExpression e => I($"ct load {Ct[(int)e.Key]} => reg {e.Target.Number}{Direction(e.Direction)}"),
        CtWriteExpression e => I($"ct set {Ct[(int)e.Key]} with reg {e.Source.Number}{Direction(e.Direction)}"),
        PayloadExpression e => I($"payload load {e.Length}b @ {Base(e.Base)} header + {e.Offset} => reg {e.Target.Number}"),
        PayloadWriteExpression e =>
            I($"payload write reg {e.Source.Number} => {e.Length}b @ {Base(e.Base)} header + {e.Offset}") +
            I($" csum_type {(int)e.Checksum} csum_off {e.ChecksumOffset} csum_flags 0x{e.ChecksumFlags:x}"),
        CmpExpression e =>
            I($"cmp {((string[])["eq", "neq", "lt", "lte", "gt", "gte"])[(int)e.Operator]} reg {e.Source.Number}") +
            I($" {Words(e.Data)}"),
        RangeExpression e => I($"range {(e.IsInverted ? "neq" : "eq")} reg {e.Source.Number} {Words(e.From)} {Words(e.To)}"),
        BitwiseExpression e => I($"bitwise reg {e.Target.Number} = ( reg {e.Source.Number} & {Words(e.Mask)} ) ^ {Words(e.Xor)}"),
        ShiftExpression e => I($"bitwise reg {e.Target.Number} = ( reg {e.Source.Number} {(e.IsRight ? ">>" : "<<")} 0x{e.Bits:x8} )"),
        ByteorderExpression e =>
            I($"byteorder reg {e.Target.Number} = {(e.IsToHost ? "ntoh" : "hton")}(reg {e.Source.Number}, {e.Size}, {e.Length})"),
        ImmediateExpression e => I($"immediate reg {e.Target.Number} {Words(e.Data)}"),
        VerdictExpression e => "immediate reg 0 " + e.Verdict.Code.ToString()
            .ToLowerInvariant() + (e.Verdict.Chain is { } chain ? " -> " + chain : ""),
        LookupExpression e =>
            I($"lookup reg {e.Source.Number} set {e.Set} {(e.Target.IsPresent ? I($"dreg {e.Target.Number} ") : "")}") +
            I($"0x{(e.IsInverted ? 1 : 0)}"),
        ObjrefExpression e => I($"objref type {(int)e.Type} name {e.Name}"),
        ObjrefMapExpression e => I($"objref sreg {e.Source.Number} set {e.Set}"),
        CounterExpression e => I($"counter pkts {e.Packets} bytes {e.Bytes}"),
        LimitExpression e =>
            I($"limit rate {e.Rate}/{Per(e.UnitSeconds)} burst {e.Burst} type {(e.IsBytes ? "bytes" : "packets")}") +
            I($" flags 0x{(e.IsInverted ? 1 : 0)}"),
        QuotaExpression e => I($"quota bytes {e.Bytes} consumed {e.Consumed} flags {e.Flags}"),
        ConnlimitExpression e => I($"connlimit count {e.Count} flags {(e.IsInverted ? 1 : 0)}"),
        RejectExpression e => I($"reject type {(int)e.Type} code {e.Code}"),
        NotrackExpression => "notrack",
        NatExpression e =>
            I($"nat {(e.IsDestination ? "dnat" : "snat")} {NftFamilyName.Of(e.Family)}{Reg("addr_min", e.AddressMin)}") +
            I($"{Reg("addr_max", e.AddressMax)}{Ports(e.PortMin, e.PortMax)}{Flags((int)e.Flags)}"),
        MasqueradeExpression e => I($"masq{Ports(e.PortMin, e.PortMax)}{Flags((int)e.Flags)}"),
        RedirectExpression e => I($"redir{Ports(e.PortMin, e.PortMax)}{Flags((int)e.Flags)}"),
        _ => More(expression),
    };

    private static string More(NftExpression expression) => expression switch
    {
        ExthdrExpression e =>
            I($"exthdr load {Kind(e.Operation)}{e.Length}b @ {e.Type} + {e.Offset}{(e.IsPresence ? " present" : "")}") +
            I($" => reg {e.Target.Number}"),
        ExthdrWriteExpression { Source.IsPresent: false } e => I($"exthdr reset tcpopt {e.Type}"),
        ExthdrWriteExpression e => I($"exthdr write {Kind(e.Operation)}reg {e.Source.Number} => {e.Length}b @ {e.Type} + {e.Offset}"),
        RtExpression e =>
            I($"rt load {((string[])["classid", "nexthop4", "nexthop6", "tcpmss", "ipsec"])[(int)e.Key]}") +
            I($" => reg {e.Target.Number}"),
        SocketExpression e =>
            I($"socket load {((string[])["transparent", "mark", "wildcard", "cgroupv2"])[(int)e.Key]}") +
            I($" => reg {e.Target.Number}{(e.Level > 0 ? I($" level {e.Level}") : "")}"),
        OsfExpression e => I($"osf dreg {e.Target.Number}"),
        XfrmExpression e =>
            I($"xfrm load {(e.Direction == 0 ? "in" : "out")} {e.Number}") +
            I($" {((string[])["", "daddr4", "daddr6", "saddr4", "saddr6", "reqid", "spi"])[(int)e.Key]}") +
            I($" => reg {e.Target.Number}"),
        NumgenExpression e =>
            I($"numgen reg {e.Target.Number} = {(e.Mode == NftNumgenMode.Incremental ? "inc" : "random")} mod {e.Modulus}") +
            I($"{Offset(e.Offset)}"),
        HashExpression { Mode: NftHashMode.Symmetric } e =>
            I($"hash reg {e.Target.Number} = symhash() % mod {e.Modulus}{Offset(e.Offset)}"),
        HashExpression e =>
            I($"hash reg {e.Target.Number} = jhash(reg {e.Source.Number}, {e.Length}, 0x{e.Seed ?? 0:x}") +
            I($") % mod {e.Modulus}{Offset(e.Offset)}"),
        FibExpression e =>
            I($"fib {Fib(e.Flags)} {((string[])["", "oif", "oifname", "type"])[(int)e.Result]}") +
            I($"{((e.Flags & NftFibFlags.Present) != 0 ? " present" : "")} => reg {e.Target.Number}"),
        LogExpression e =>
            I($"log{(e.Prefix is { } prefix ? " prefix " + prefix : "")}") +
            I($"{(e.Group is { } group ? I($" group {group} snaplen {e.Snaplen} qthreshold {e.QueueThreshold}") :
                I($" level {e.Level}{LogFlagNames(e.Flags ?? 0)}"))}"),
        TproxyExpression e =>
            I($"tproxy{(e.Family == NftFamily.Unspecified ? "" : " " + NftFamilyName.Of(e.Family))}") +
            I($"{Reg("addr", e.Address)}{Reg("port", e.Port)}"),
        QueueExpression { Source.IsPresent: false } e =>
            I($"queue num {e.First}{(e.Count > 1 ? I($"-{e.First + e.Count - 1}") : "")}{(e.IsBypass ? " bypass" : "")}") +
            I($"{((e.Flags & 2) != 0 ? " cpu_fanout" : "")}"),
        QueueExpression e => I($"queue sreg_qnum {e.Source.Number}"),
        DupExpression e => I($"dup{Reg("sreg_addr", e.Address, "")}{Reg("sreg_dev", e.Device, "")}"),
        FwdExpression e =>
            I($"fwd sreg_dev {e.Device.Number}{Reg("sreg_addr", e.Address, "")}") +
            I($"{(e.Address.IsPresent ? I($" nfproto {(int)e.Family}") : "")}"),
        SynproxyExpression e => I($"synproxy mss {e.Mss} wscale {e.WindowScale}"),
        DynsetExpression e =>
            I($"dynset {e.Operation.ToString().ToLowerInvariant()} reg_key {e.Key.Number} set {e.Set}") +
            I($" timeout {e.Timeout.TotalMilliseconds}ms{(e.Data.IsPresent ? I($" sreg_data {e.Data.Number}") : "")}") +
            I($"{string.Concat(e.Expressions.Select(x => I($" expr [ {Inner(x)} ]")))}"),
        FlowOffloadExpression e => "flow_offload flowtable " + e.Flowtable,
        LastExpression => "last never",
        _ => expression.ToString() ?? "",
    };

    private static string I(FormattableString text) => FormattableString.Invariant(text);

    private static string Kind(NftExthdrOperation operation) => operation switch
    {
        NftExthdrOperation.Tcp => "tcpopt ", NftExthdrOperation.IPv4 => "ipv4 ", NftExthdrOperation.IPv6 => "ipv6 ", _ => "",
    };

    private static string Base(NftPayloadBase from) => from switch
    {
        NftPayloadBase.LinkLayer => "link", NftPayloadBase.Network => "network", NftPayloadBase.Transport => "transport", _ => "inner",
    };

    private static string Direction(NftCtDirection direction) => direction == NftCtDirection.None ? "" : ", dir " + direction.ToString()
        .ToLowerInvariant();

    private static string Reg(string name, NftRegister register,
        string reg = "reg ") => register.IsPresent ? I($" {name} {reg}{register.Number}") : "";

    private static string Ports(NftRegister min, NftRegister max) => Reg("proto_min", min) + Reg("proto_max", max);

    private static string Flags(int flags) => flags == 0 ? "" : I($" flags 0x{flags:x}");

    private static string Offset(uint offset) => offset == 0 ? "" : I($" offset {offset}");

    private static string Per(ulong seconds) => seconds switch { 1 => "second", 60 => "minute", 3600 => "hour", 86400 => "day",
        _ => "week" };

    private static string Fib(NftFibFlags flags) => string.Join(" . ", new (NftFibFlags Flag, string Name)[]
    {
        (NftFibFlags.Source, "saddr"), (NftFibFlags.Destination, "daddr"), (NftFibFlags.Mark, "mark"),
            (NftFibFlags.InputInterface, "iif"),
        (NftFibFlags.OutputInterface, "oif"),
    }.Where(f => (flags & f.Flag) != 0).Select(f => f.Name));

    private static string LogFlagNames(uint flags) => string.Concat(new (uint Flag, string Name)[]
    {
        (1, " tcpseq"), (2, " tcpopt"), (4, " ipopt"), (8, " uid"), (32, " macdecode"),
    }.Where(f => (flags & f.Flag) != 0).Select(f => f.Name));

    private static string Words(NftData data)
    {
        var words = new List<string>();
        Span<byte> word = stackalloc byte[4];
        for (int i = 0; i < data.Length; i += 4)
        {
            word.Clear();
            data.Span[i..Math.Min(data.Length, i + 4)].CopyTo(word);
            words.Add(I($"0x{BinaryPrimitives.ReadUInt32LittleEndian(word):x8}"));
        }

        return string.Join(' ', words);
    }
}
