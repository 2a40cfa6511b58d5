using K8sNetfilter.Addressing;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Nftables.Expressions.Operations;

namespace K8sNetfilter.Nftables.Syntax.Linearising;

/// <summary>
/// What a rule has made sure of so far, and the tests that nft adds: "tcp dport" is no test before the packet is known to be TCP. A listing
/// leaves out these tests, the kernel has them.
/// </summary>
internal sealed class RuleContext(string family, List<NftExpression> expressions, PayloadMerge whole)
{
    private string? _link = family == "bridge" ? "ether" : null;
    private string? _network = family is "ip" or "ip6" or "arp" ? family : null;
    private int _transport = -1;
    private bool _hasType;

    public string Family { get; } = family;

    /// <summary>The network protocol that is known: ip, ip6, arp; null for none.</summary>
    public string? Network => _network;

    /// <summary>Makes sure of the header.</summary>
    public void Require(string header)
    {
        switch (header)
        {
            case "ether" or "vlan":
                RequireLink(header);
                break;
            case "ip" or "ip6" or "arp":
                RequireNetwork(header);
                break;
            case "th":
                break;
            default:
                RequireNetworkOf(header);
                RequireTransport(header);
                break;
        }
    }

    /// <summary>Makes sure of the header before all else in the rule.</summary>
    public void RequireFirst(string header)
    {
        int count = expressions.Count;
        Require(header);
        var added = expressions.GetRange(count, expressions.Count - count);
        expressions.RemoveRange(count, added.Count);
        expressions.InsertRange(0, added);
    }

    /// <summary>Makes sure of the type of an ICMP message that has the field.</summary>
    public void RequireType(HeaderField field)
    {
        int type = (field.Header, field.Name) switch
        {
            ("icmp", "mtu") => 3, ("icmp", "gateway") => 5, ("icmpv6", "mtu") => 2, ("icmpv6", "parameter-problem") => 4,
                ("icmpv6", "max-delay") => 130, _ => -1,
        };
        if (type >= 0 && !_hasType)
        {
            _hasType = true;
            Test(new PayloadExpression(NftPayloadBase.Transport, 0, 1, NftRegister.First), [(byte)type]);
        }
    }

    /// <summary>What a comparison that holds says of the protocols.</summary>
    public void Learn(MatchSyntax match)
    {
        if (match.Operator is not ("" or "=="))
        {
            return;
        }

        foreach (var value in Values(match.Right))
        {
            Learn(match.Left, value);
        }
    }

    private static IEnumerable<ulong> Values(ExpressionSyntax right) => right switch
    {
        ValueSyntax value => [value.Value.Low],
        AnonymousSetSyntax set => set.Elements.Select(e => e.Key).OfType<ValueSyntax>().Select(v => v.Value.Low),
        _ => [],
    };

    private void Learn(ExpressionSyntax left, ulong value)
    {
        switch (left)
        {
            case MetaSyntax { Key.Name: "l4proto" }:
            case PayloadSyntax { Field: { Header: "ip", Name: "protocol" } or { Header: "ip6", Name: "nexthdr" } }:
                _transport = (int)value;
                break;
            case PayloadSyntax { Field: { Header: "icmp" or "icmpv6", Name: "type" } }:
                _hasType = true;
                break;
            case MetaSyntax { Key.Name: "nfproto" }:
                _network = value == 2 ? "ip" : value == 10 ? "ip6" : _network;
                break;
            case MetaSyntax { Key.Name: "iiftype" } when value == 1:
                _link ??= "ether";
                break;
            case MetaSyntax { Key.Name: "protocol" }:
            case PayloadSyntax { Field: { Header: "ether" or "vlan", Name: "type" } }:
                _link = left is PayloadSyntax && value is 0x8100 or 0x88a8 ? "vlan" : _link;
                _network = value switch { 0x0800 => "ip", 0x86dd => "ip6", 0x0806 => "arp", _ => _network };
                break;
        }
    }

    private void RequireLink(string header)
    {
        if (_link is null)
        {
            _link = "ether";
            Test(new MetaExpression(NftMetaKey.InputType, NftRegister.First), ValueBytes.Of(1UL, 2, ValueOrder.Host));
        }

        if (header == "vlan" && _link != "vlan")
        {
            _link = "vlan";
            Test(new PayloadExpression(NftPayloadBase.LinkLayer, 12, 2, NftRegister.First), [0x81, 0]);
        }
    }

    private void RequireNetwork(string header, bool ofTransport = false)
    {
        if (_network == header)
        {
            return;
        }

        if (_network is not null)
        {
            throw new NotLinearisedException($"the rule has tests of {_network} and of {header}");
        }

        _network = header;
        if (_link is not null && (Family != "bridge" || ofTransport || _link == "vlan"))
        {
            ulong number = header switch { "ip" => 0x0800, "ip6" => 0x86dd, _ => 0x0806 };
            Test(new PayloadExpression(NftPayloadBase.LinkLayer, _link == "vlan" ? 16u : 12u, 2, NftRegister.First),
                ValueBytes.Of(number, 2, ValueOrder.Network));
        }
        else if (Family == "inet")
        {
            Test(new MetaExpression(NftMetaKey.NetfilterProtocol, NftRegister.First), [header == "ip" ? (byte)2 : (byte)10]);
        }
        else
        {
            Bits128 type = header switch { "ip" => 0x0800UL, "ip6" => 0x86ddUL, _ => 0x0806UL };
            Test(new MetaExpression(NftMetaKey.Protocol, NftRegister.First), ValueBytes.Of(type, 2, ValueOrder.Network));
        }
    }

    // ICMP belongs to one network protocol; the others to any.
    private void RequireNetworkOf(string header)
    {
        string? network = header switch { "icmp" or "igmp" => "ip", "icmpv6" => "ip6", _ => null };
        if (network is not null && _network is null)
        {
            RequireNetwork(network, ofTransport: true);
        }
    }

    private void RequireTransport(string header)
    {
        int number = header switch
        {
            "icmp" => 1, "igmp" => 2, "tcp" => 6, "udp" => 17, "dccp" => 33, "gre" => 47, "esp" => 50, "ah" => 51, "icmpv6" => 58,
                "comp" => 108, "sctp" => 132,
            "udplite" => 136, _ => throw new NotLinearisedException($"the header {header} has no protocol number that is known"),
        };
        if (_transport != number)
        {
            _transport = number;
            Test(new MetaExpression(NftMetaKey.TransportProtocol, NftRegister.First), [(byte)number]);
        }
    }

    private void Test(NftExpression load, byte[] value)
    {
        expressions.Add(load);
        if (load is PayloadExpression payload)
        {
            whole.Add(payload, payload.Base == NftPayloadBase.LinkLayer);
        }

        expressions.Add(new CmpExpression(NftRegister.First, NftCmpOperator.Equal, value));
    }
}
