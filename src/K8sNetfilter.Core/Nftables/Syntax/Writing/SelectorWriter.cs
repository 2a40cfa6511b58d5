using System.Globalization;
using System.Text;

namespace K8sNetfilter.Nftables.Syntax.Writing;

/// <summary>Writes what is loaded as <c>nft list</c> writes it.</summary>
internal static class SelectorWriter
{
    /// <summary>The keys of meta that nft writes without "meta".</summary>
    private static readonly HashSet<string> Plain = new(StringComparer.Ordinal) { "iif", "iifname", "iifgroup", "oif", "oifname",
        "oifgroup" };

    public static string Text(ExpressionSyntax expression) => expression switch
    {
        PayloadSyntax { Field: var field } => $"{field.Header} {field.Name}",
        RawPayloadSyntax raw => FormattableString.Invariant($"@{BaseText(raw.Base)},{raw.Offset},{raw.Length}"),
        OptionSyntax option => Option(option),
        MetaSyntax { Key.Name: var key } => Plain.Contains(key) ? key : "meta " + key,
        CtSyntax ct => ct.Direction is { } direction ? $"ct {direction} {ct.Key.Name}" : $"ct {ct.Key.Name}",
        RtSyntax rt => "rt " + rt.Key.Name,
        SocketSyntax socket => "socket " + socket.Key.Name + (socket.Key.Name == "cgroupv2"
            ? FormattableString.Invariant($" level {socket.Level}") : ""),
        OsfSyntax osf => "osf " + (osf.Ttl is { } ttl ? $"ttl {ttl} " : "") + (osf.Version ? "version" : "name"),
        FibSyntax fib => $"fib {string.Join(" . ", fib.Inputs)} {fib.Result}",
        NumgenSyntax numgen => FormattableString.Invariant($"numgen {numgen.Mode} mod {numgen.Modulus}{Offset(numgen.Offset)}"),
        HashSyntax hash => Hash(hash),
        IPsecSyntax ipsec => $"ipsec {ipsec.Direction}" + (ipsec.Number > 0 ? FormattableString.Invariant($" spnum {ipsec.Number}")
            : "") + $" {ipsec.Key.Name}",
        _ => "",
    };

    public static string BaseText(HeaderBase from) => from switch
    {
        HeaderBase.Link => "ll", HeaderBase.Network => "nh", HeaderBase.Transport => "th", _ => "ih",
    };

    public static string KindText(OptionKind kind) => kind switch
    {
        OptionKind.Tcp => "tcp option", OptionKind.Ip => "ip option", OptionKind.SctpChunk => "sctp chunk",
            OptionKind.Dccp => "dccp option", _ => "exthdr",
    };

    private static string Option(OptionSyntax option)
    {
        string kind = KindText(option.Header.Kind);
        return option switch
        {
            { IsRaw: true, Field: { } raw } => FormattableString.Invariant($"{kind} @{option.Header.Number},{raw.Offset},{raw.Bits}"),
            { Field: null } => $"{kind} {option.Header.Name}",
            _ when option.Header.Kind == OptionKind.Ip6Header => $"{option.Header.Name} {option.Field!.Name}",
            _ => $"{kind} {option.Header.Name} {option.Field!.Name}",
        };
    }

    private static string Hash(HashSyntax hash)
    {
        var text = new StringBuilder();
        if (hash.Input is null)
        {
            text.Append("symhash");
        }
        else
        {
            ExpressionWriter.Write(text.Append("jhash "), hash.Input);
        }

        text.Append(CultureInfo.InvariantCulture, $" mod {hash.Modulus}");
        if (hash.Seed is { } seed)
        {
            text.Append(CultureInfo.InvariantCulture, $" seed 0x{seed:x}");
        }

        return text.Append(Offset(hash.Offset)).ToString();
    }

    private static string Offset(uint offset) => offset == 0 ? "" : FormattableString.Invariant($" offset {offset}");
}
