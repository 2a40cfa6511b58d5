using System.Globalization;

namespace K8sNetfilter.Links;

/// <summary>
/// The words of <see cref="NodeBridgeNetfilter"/>'s view. A script block in a view is compiled when it is first shown, and this view is what
/// a node without a shell shows first: a call each is all that stands there.
/// </summary>
public static class BridgeNetfilterText
{
    /// <summary>Whether the node is ready, now and after the next boot.</summary>
    public static string Ready(NodeBridgeNetfilter node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return (node.ReadyNow, node.Ready, node.ReadyAtBoot) switch
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
    }

    /// <summary>Why it is not, a line each.</summary>
    public static string Reasons(NodeBridgeNetfilter node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return string.Join('\n', node.Reasons);
    }

    /// <summary>What was asked for, a line each.</summary>
    public static string Settings(NodeBridgeNetfilter node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var lines = new string[node.Settings.Length];
        for (int i = 0; i < lines.Length; i++)
        {
            var setting = node.Settings[i];
            lines[i] = Printable.Text(string.Create(
                CultureInfo.InvariantCulture,
                $"{setting.Name,-41} now {Printable.Line(setting.Value ?? "-"),-9} at boot {Printable.Line(setting.BootValue ?? "-"),-7} {setting.Source}").TrimEnd());
        }

        return string.Join('\n', lines);
    }

    /// <summary>The bridges and whether their frames meet the rules, a line each.</summary>
    public static string Bridges(NodeBridgeNetfilter node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var bridges = node.Bridges ?? [];
        var lines = new string[bridges.Length];
        for (int i = 0; i < lines.Length; i++)
        {
            var bridge = bridges[i];
            lines[i] = Printable.Text(string.Create(
                CultureInfo.InvariantCulture,
                $"{bridge.Name}: IPv4 {Filtered(bridge.IPv4Netfilter)}, IPv6 {Filtered(bridge.IPv6Netfilter)}, {bridge.Ports.Length} ports"));
        }

        return string.Join('\n', lines);
    }

    private static string Filtered(bool? effective) => effective switch
    {
        null => "unknown",
        true => "filtered",
        false => "not filtered",
    };
}
