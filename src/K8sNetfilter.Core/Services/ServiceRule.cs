using System.Buffers.Text;
using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Grammar;
using K8sNetfilter.Rulesets.Parts.Matches;

namespace K8sNetfilter.Services;

/// <summary>A rule of kube-proxy's that catches the calls to one address and port of a Service.</summary>
internal static class ServiceRule
{
    /// <summary>What the rule matches on: address, protocol, port and name. Null where it is no such rule.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="isNodePort">Whether it is a node port's, which has no address.</param>
    public static NodeService? Read(RuleRef rule, bool isNodePort)
    {
        if (TryGlance(rule, isNodePort) is { } seen)
        {
            return seen;
        }

        IPAddress? address = null;
        byte? protocol = null;
        int? port = null;
        string? comment = null;
        foreach (var match in rule.Rule.Conditions)
        {
            switch (match)
            {
                case AddressMatch { IsSource: false, Negated: false, Value.Prefix: { IsSingle: true } prefix }:
                    address = prefix.Address;
                    break;
                case AddressMatch { IsSource: false }:
                    return null;
                case ProtocolMatch { Negated: false } of:
                    protocol = of.Protocol;
                    break;
                case TransportMatch { DestinationPorts: { } ports, DestinationNegated: false } when ports.First == ports.Last:
                    port = ports.First;
                    break;
                case CommentMatch text:
                    comment = text.Comment;
                    break;
                default:
                    break;
            }
        }

        if (protocol is null || port is null || (address is null) != isNodePort)
        {
            return null;
        }

        return Head(rule.InChain, isNodePort, address, protocol.Value, port.Value, comment);
    }

    // The same from the line itself, where it is one that kube-proxy writes.
    private static NodeService? TryGlance(RuleRef rule, bool isNodePort)
    {
        var family = rule.InChain.Family;
        IPAddress? address = null;
        if (!RuleFields.TryRead(rule.Line, out var glance) || glance.DestinationNegated || glance.ProtocolNegated || glance.Comment.Contains((byte)'\\')
            || glance.Destination.IsEmpty != isNodePort || !IPProtocolName.TryParse(RulesetText.Decode(glance.Protocol), out byte protocol)
            || !TryDestinationPort(glance, out int port))
        {
            return null;
        }

        if (!isNodePort)
        {
            if (!AddressBits.TryParsePrefix(glance.Destination, family, out var bits, out var mask) || mask != AddressBits.Mask(128, family))
            {
                return null;
            }

            address = AddressBits.ToAddress(bits, family);
        }

        return Head(rule.InChain, isNodePort, address, protocol, port, glance.Comment.IsEmpty ? null : RulesetText.Decode(glance.Comment));
    }

    // "-m tcp --dport 80" and nothing else.
    private static bool TryDestinationPort(in RuleFields glance, out int port)
    {
        port = 0;
        var rest = glance.Rest;
        if (!rest.StartsWith("-m "u8) || !rest[3..].StartsWith(glance.Protocol))
        {
            return false;
        }

        rest = rest[(3 + glance.Protocol.Length)..];
        return rest.StartsWith(" --dport "u8) && Utf8Parser.TryParse(rest[9..], out port, out int used) && used == rest.Length - 9 && port is > 0 and <= 65535;
    }

    private static NodeService Head(NetfilterChain chain, bool isNodePort, IPAddress? address, byte protocol, int port, string? comment)
    {
        var name = ServiceName.Parse(comment);
        return new NodeService
        {
            Namespace = name?.Namespace,
            Name = name?.Name,
            PortName = name?.PortName,
            Type = isNodePort ? NodeServiceType.NodePort
                : comment is null ? NodeServiceType.ClusterIP
                : comment.EndsWith(" external IP", StringComparison.Ordinal) ? NodeServiceType.ExternalIP
                : comment.EndsWith(" loadbalancer IP", StringComparison.Ordinal) ? NodeServiceType.LoadBalancer
                : NodeServiceType.ClusterIP,
            Address = address,
            Port = port,
            Protocol = IPProtocolName.Of(protocol),
            ProxyMode = KubeProxyMode.Iptables,
            Family = chain.Family,
            Backend = chain.Backend,
        };
    }
}
