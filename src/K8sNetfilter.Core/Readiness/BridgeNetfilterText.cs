using System.Globalization;
using K8sNetfilter.Links;

namespace K8sNetfilter.Readiness;

/// <summary>The words of <see cref="NodeBridgeNetfilter"/>, as properties so that any session can show them.</summary>
internal static class BridgeNetfilterText
{
    /// <summary>Whether the node is ready, now and after the next boot.</summary>
    public static string Ready(NodeBridgeNetfilter node) => (node.ReadyNow, node.Ready, node.ReadyAtBoot) switch
    {
        (null, true, _) => ReadinessMessages.ReadyYesAtBoot,
        (null, _, null) => ReadinessMessages.ReadyUnknown,
        (null, _, true) => ReadinessMessages.ReadyAtBoot,
        (null, _, _) => ReadinessMessages.ReadyNotAtBoot,
        (_, true, _) => ReadinessMessages.ReadyYes,
        (true, _, null) => ReadinessMessages.ReadyNowBootUnknown,
        (false, _, null) => ReadinessMessages.ReadyNotNowBootUnknown,
        (true, _, _) => ReadinessMessages.ReadyOnlyNow,
        (_, _, true) => ReadinessMessages.ReadyOnlyAtBoot,
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
        false => ReadinessMessages.NotFiltered,
    };
}
