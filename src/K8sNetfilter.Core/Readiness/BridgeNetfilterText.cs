using System.Globalization;
using K8sNetfilter.Links;

namespace K8sNetfilter.Readiness;

/// <summary>The words of <see cref="NodeBridgeNetfilter"/>, as properties so that any session can show them.</summary>
internal static class BridgeNetfilterText
{
    /// <summary>Whether the node is ready, now and after the next boot.</summary>
    public static string Ready(NodeBridgeNetfilter node) => (node.ReadyNow, node.Ready, node.ReadyAtBoot) switch
    {
        (null, true, _) => "yes, after the next boot",
        (null, _, null) => "not known",
        (null, _, true) => "after the next boot; whether now is not known",
        (null, _, _) => "not after the next boot",
        (_, true, _) => "yes, now and after the next boot",
        (true, _, null) => "now; whether after the next boot is not known",
        (false, _, null) => "not now; whether after the next boot is not known",
        (true, _, _) => "now, but not after the next boot",
        (_, _, true) => "not now, but after the next boot",
        _ => "no",
    };

    /// <summary>A bridge, and whether its frames meet the rules.</summary>
    public static string Line(Bridge bridge) => string.Create(
        CultureInfo.InvariantCulture,
        $"{bridge.Name}: IPv4 {Filtered(bridge.IPv4Netfilter)}, IPv6 {Filtered(bridge.IPv6Netfilter)}, {bridge.PortCount} {(bridge.PortCount == 1 ? "port" : "ports")}");

    private static string Filtered(bool? effective) => effective switch
    {
        null => "unknown",
        true => "filtered",
        false => "not filtered",
    };
}
