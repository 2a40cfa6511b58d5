using System.Globalization;
using System.Text;
using K8sNetfilter.Nftables;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Nftables.Expressions.Operations;
using K8sNetfilter.Nftables.Expressions.Statements;
using K8sNetfilter.Nftables.Sets;

namespace K8sNetfilter.Tests.Nftables;

/// <summary>Writes expressions and elements in the notation of <c>nft --debug=netlink</c>, to compare with what nft reads from the kernel.</summary>
internal static class Bytecode
{
    private static readonly string[] Meta =
    [
        "len", "protocol", "priority", "mark", "iif", "oif", "iifname", "oifname", "iiftype", "oiftype", "skuid", "skgid", "nftrace", "rtclassid", "secmark", "nfproto", "l4proto", "bri_iifname",
        "bri_oifname", "pkttype", "cpu", "iifgroup", "oifgroup", "cgroup", "prandom", "secpath", "iifkind", "oifkind", "bri_iifpvid", "bri_iifvproto", "time", "day", "hour", "sdif", "sdifname", "", "broute", "bri_iifhwaddr",
    ];

    // libnftnl 1.2.4 has no name for the id.
    private static readonly string[] Ct =
    [
        "state", "direction", "status", "mark", "secmark", "expiration", "helper", "l3protocol", "src", "dst", "protocol", "proto_src", "proto_dst", "label", "packets", "bytes", "avgpkt", "zone", "event",
        "src_ip", "dst_ip", "src_ip6", "dst_ip6", "unknown",
    ];

    private static readonly string[] Compare = ["eq", "neq", "lt", "lte", "gt", "gte"];
    private static readonly string[] Bases = ["link", "network", "transport", "inner"];
    private static readonly string[] Dynset = ["add", "update", "delete"];

    /// <summary>One expression; null for one that this notation has not.</summary>
    public static string? Of(NftExpression expression) => expression switch
    {
        PayloadExpression e => $"payload load {e.Length}b @ {Bases[(int)e.Base]} header + {e.Offset} => {e.Target}",
        PayloadWriteExpression e => $"payload write {e.Source} => {e.Length}b @ {Bases[(int)e.Base]} header + {e.Offset} csum_type {(int)e.Checksum} csum_off {e.ChecksumOffset} csum_flags 0x{e.ChecksumFlags:x}",
        MetaExpression e => $"meta load {Meta[(int)e.Key]} => {e.Target}",
        MetaWriteExpression e => $"meta set {Meta[(int)e.Key]} with {e.Source}",
        CtExpression e => $"ct load {Ct[(int)e.Key]} => {e.Target}{Direction(e.Direction)}",
        CtWriteExpression e => $"ct set {Ct[(int)e.Key]} with {e.Source}{Direction(e.Direction)}",
        RtExpression e => $"rt load {((string[])["classid", "nexthop4", "nexthop6", "tcpmss", "ipsec"])[(int)e.Key]} => {e.Target}",
        FibExpression e => $"fib {Fib(e.Flags)} {((string[])["", "oif", "oifname", "type"])[(int)e.Result]}{((e.Flags & NftFibFlags.Present) != 0 ? " present" : "")} => {e.Target}",
        SocketExpression e => $"socket load {((string[])["transparent", "mark", "wildcard", "cgroupv2"])[(int)e.Key]}{(e.Level != 0 ? $", level {e.Level}" : "")} => {e.Target}",
        NumgenExpression e => $"numgen {e.Target} = {(e.Mode == NftNumgenMode.Random ? "random" : "inc")} mod {e.Modulus}{(e.Offset != 0 ? $" offset {e.Offset}" : "")}",
        HashExpression { Mode: NftHashMode.Symmetric } e => $"hash {e.Target} = symhash() % mod {e.Modulus}{(e.Offset != 0 ? $" offset {e.Offset}" : "")}",
        HashExpression e => $"hash {e.Target} = jhash({e.Source}, {e.Length}, 0x{e.Seed ?? 0:x}) % mod {e.Modulus}{(e.Offset != 0 ? $" offset {e.Offset}" : "")}",
        ExthdrExpression e => $"exthdr load{Exthdr(e.Operation)} {e.Length}b @ {e.Type} + {e.Offset}{(e.IsPresence ? " present" : "")} => {e.Target}",
        ExthdrWriteExpression { Source.IsPresent: false } e => $"exthdr reset{Exthdr(e.Operation)} {e.Type}",
        ExthdrWriteExpression e => $"exthdr write{Exthdr(e.Operation)} {e.Source} => {e.Length}b @ {e.Type} + {e.Offset}",
        OsfExpression e => $"osf dreg {e.Target.Number}",
        XfrmExpression e => $"xfrm load {(e.Direction == 0 ? "in" : "out")} {e.Number} {((string[])["", "daddr4", "daddr6", "saddr4", "saddr6", "reqid", "spi"])[(int)e.Key]} => {e.Target}",
        ImmediateExpression e => $"immediate {e.Target} {Words(e.Data.Span)}",
        VerdictExpression e => $"immediate reg 0 {Verdict(e.Verdict)}",
        _ => Operation(expression) ?? Statement(expression),
    };

    private static string? Operation(NftExpression expression) => expression switch
    {
        CmpExpression e => $"cmp {Compare[(int)e.Operator]} {e.Source} {Words(e.Data.Span)}",
        RangeExpression e => $"range {(e.IsInverted ? "neq" : "eq")} {e.Source} {Words(e.From.Span)} {Words(e.To.Span)}",
        BitwiseExpression e => $"bitwise {e.Target} = ( {e.Source} & {Words(e.Mask.Span)} ) ^ {Words(e.Xor.Span)}",
        ShiftExpression e => $"bitwise {e.Target} = ( {e.Source} {(e.IsRight ? ">>" : "<<")} 0x{e.Bits:x8} )",
        ByteorderExpression e => $"byteorder {e.Target} = {(e.IsToHost ? "ntoh" : "hton")}({e.Source}, {e.Size}, {e.Length})",
        LookupExpression e => $"lookup {e.Source} set {e.Set}{(e.Target.IsPresent ? $" dreg {e.Target.Number}" : "")} 0x{(e.IsInverted ? 1 : 0):x}",
        DynsetExpression e => $"dynset {Dynset[(int)e.Operation]} reg_key {e.Key.Number} set {e.Set}{(e.Data.IsPresent ? $" sreg_data {e.Data.Number}" : "")}"
            + $" timeout {(long)e.Timeout.TotalMilliseconds}ms" + string.Concat(e.Expressions.Select(x => $" expr [ {Of(x)} ]")),
        ObjrefExpression e => $"objref type {(int)e.Type} name {e.Name}",
        ObjrefMapExpression e => $"objref sreg {e.Source.Number} set {e.Set}",
        _ => null,
    };

    private static string? Statement(NftExpression expression) => expression switch
    {
        CounterExpression e => $"counter pkts {e.Packets} bytes {e.Bytes}",
        NatExpression e => $"nat {(e.IsDestination ? "dnat" : "snat")} {NftFamilyName.Of(e.Family)}{Register("addr_min", e.AddressMin)}{Register("addr_max", e.AddressMax)}{Register("proto_min", e.PortMin)}{Register("proto_max", e.PortMax)}{Flags(e.Flags)}",
        MasqueradeExpression e => $"masq{Register("proto_min", e.PortMin)}{Register("proto_max", e.PortMax)}{Flags(e.Flags)}",
        RedirectExpression e => $"redir{Register("proto_min", e.PortMin)}{Register("proto_max", e.PortMax)}{Flags(e.Flags)}",
        RejectExpression e => $"reject type {(int)e.Type} code {e.Code}",
        LimitExpression e => $"limit rate {e.Rate}/{((string?[])["second", "minute", "hour", "day", "week"])[Array.IndexOf([1UL, 60UL, 3600UL, 86400UL, 604800UL], e.UnitSeconds)]}{(e.Burst != 0 || !e.IsBytes ? $" burst {e.Burst}" : " burst 0")} type {(e.IsBytes ? "bytes" : "packets")} flags 0x{(e.IsInverted ? 1 : 0):x}",
        QuotaExpression e => $"quota bytes {e.Bytes} consumed {e.Consumed} flags {e.Flags}",
        LogExpression e => Log(e),
        NotrackExpression => "notrack",
        TproxyExpression e => $"tproxy{(e.Family == NftFamily.Unspecified ? "" : " " + NftFamilyName.Of(e.Family))}{Register("addr", e.Address)}{Register("port", e.Port)}",
        FwdExpression e => $"fwd sreg_dev {e.Device.Number}{(e.Address.IsPresent ? $" sreg_addr {e.Address.Number}" : "")}{(e.Family != NftFamily.Unspecified ? $" nfproto {(int)e.Family}" : "")}",
        DupExpression e => $"dup{(e.Address.IsPresent ? $" sreg_addr {e.Address.Number}" : "")}{(e.Device.IsPresent ? $" sreg_dev {e.Device.Number}" : "")}",
        QueueExpression e => e.Source.IsPresent ? $"queue sreg_qnum {e.Source.Number}{(e.IsBypass ? " bypass" : "")}{((e.Flags & 2) != 0 ? " fanout" : "")}"
            : $"queue num {e.First}{(e.Count > 1 ? $"-{e.First + e.Count - 1}" : "")}{(e.IsBypass ? " bypass" : "")}{((e.Flags & 2) != 0 ? " fanout" : "")}",
        SynproxyExpression e => $"synproxy mss {e.Mss} wscale {e.WindowScale}",
        ConnlimitExpression e => $"connlimit count {e.Count} flags {(e.IsInverted ? 1 : 0):x}",
        LastExpression e => e.Since is { } since ? $"last {(long)since.TotalMilliseconds}" : "last never",
        FlowOffloadExpression e => $"flow add flowtable {e.Flowtable}",
        MatchExpression e => $"match name {e.Name} rev {e.Revision}",
        TargetExpression e => $"target name {e.Name} rev {e.Revision}",
        _ => null,
    };

    /// <summary>One element of a set.</summary>
    public static string Of(NftElement element)
    {
        var text = new StringBuilder("element");
        text.Append(element.IsCatchAll ? "" : " " + Hex(element.Key));
        if (element.HasKeyEnd)
        {
            text.Append(" - ").Append(Hex(element.KeyEnd));
        }

        text.Append(" : ");
        if (element.HasVerdict)
        {
            text.Append(Verdict(element.Verdict)).Append(' ');
        }
        else if (!element.Data.IsEmpty)
        {
            text.Append(Hex(element.Data)).Append(' ');
        }

        text.Append((int)element.Flags).Append(" [end]");
        return text.ToString();
    }

    private static string Direction(NftCtDirection direction) => direction == NftCtDirection.None ? "" : $" , dir {(direction == NftCtDirection.Original ? "original" : "reply")}";

    private static string Register(string name, NftRegister register) => register.IsPresent ? $" {name} {register}" : "";

    private static string Flags(NftNatFlags flags) => flags == NftNatFlags.None ? "" : $" flags 0x{(int)flags:x}";

    private static string Exthdr(NftExthdrOperation operation) => operation switch
    {
        NftExthdrOperation.Tcp => " tcpopt",
        NftExthdrOperation.IPv4 => " ipv4",
        NftExthdrOperation.IPv6 => " ipv6",
        // libnftnl 1.2.4 has no name for those of SCTP and DCCP.
        _ => "",
    };

    private static string Fib(NftFibFlags flags) => string.Join(
        " . ",
        ((NftFibFlags Flag, string Name)[])[(NftFibFlags.Source, "saddr"), (NftFibFlags.Destination, "daddr"), (NftFibFlags.Mark, "mark"), (NftFibFlags.InputInterface, "iif"), (NftFibFlags.OutputInterface, "oif")]
            is var names ? names.Where(n => (flags & n.Flag) != 0).Select(n => n.Name) : []);

    private static string Verdict(NftVerdict verdict) => verdict.Chain is null ? verdict.Code.ToString().ToLowerInvariant() : $"{verdict.Code.ToString().ToLowerInvariant()} -> {verdict.Chain}";

    private static string Log(LogExpression e)
    {
        var text = new StringBuilder("log");
        text.Append(e.Prefix is null ? "" : $" prefix {string.Join(' ', e.Prefix.Split(' ', StringSplitOptions.RemoveEmptyEntries))}");
        if (e.Group is { } group)
        {
            return text.Append(CultureInfo.InvariantCulture, $" group {group} snaplen {e.Snaplen ?? 0} qthreshold {e.QueueThreshold ?? 0}").ToString();
        }

        text.Append(CultureInfo.InvariantCulture, $" level {e.Level}");
        string[] names = ["tcpseq", "tcpopt", "ipopt", "uid", "nflog", "macdecode"];
        for (int i = 0; i < names.Length; i++)
        {
            text.Append((e.Flags >> i & 1) == 1 && i != 4 ? " " + names[i] : "");
        }

        return text.ToString();
    }

    private static string Words(ReadOnlySpan<byte> bytes) => Words(bytes, "0x");

    private static string Hex(ReadOnlySpan<byte> bytes) => Words(bytes, "");

    // Words of 4 bytes in the host's order.
    private static string Words(ReadOnlySpan<byte> bytes, string prefix)
    {
        var text = new StringBuilder();
        Span<byte> word = stackalloc byte[4];
        for (int i = 0; i < bytes.Length; i += 4)
        {
            word.Clear();
            bytes[i..Math.Min(bytes.Length, i + 4)].CopyTo(word);
            text.Append(i == 0 ? "" : " ").Append(prefix).Append(BitConverter.ToUInt32(word).ToString("x8", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }
}
