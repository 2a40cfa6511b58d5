using System.Text;
using K8sNetfilter.Errors;

namespace K8sNetfilter.Baselines;

/// <summary>What a kube-proxy's configuration file says (kubernetes.io: KubeProxyConfiguration, v1alpha1).</summary>
public static class KubeProxyConfiguration
{
    /// <summary>The mode that a file asks for: <c>iptables</c>, <c>ipvs</c> or <c>nftables</c>; null where it is no such file or asks for something else.</summary>
    /// <param name="text">The file's text: YAML or JSON, of which only the key at the top is looked for.</param>
    public static string? ModeOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.Contains("KubeProxyConfiguration", StringComparison.Ordinal))
        {
            return null;
        }

        // On Linux an empty mode, or none, means iptables.
        return (ModeInJson(text) ?? ModeInLines(text)) switch
        {
            "" or "null" or "~" => "iptables",
            "iptables" => "iptables",
            "ipvs" => "ipvs",
            "nftables" => "nftables",
            _ => null,
        };
    }

    private static string? ModeInJson(string text)
    {
        if (!text.AsSpan().TrimStart().StartsWith("{"))
        {
            return null;
        }

        try
        {
            var root = DataJson.Parse("", Encoding.UTF8.GetBytes(text));
            return root.Entries.LastOrDefault(e => e.Key == "mode")?.Value.Text ?? "";
        }
        catch (NodeException)
        {
            // YAML in braces: its lines are looked at.
            return null;
        }
    }

    private static string ModeInLines(string text)
    {
        string mode = "";
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var rest = line.TrimStart().StartsWith("\"") ? line.Trim() : line;
            if (rest.StartsWith("mode:") || rest.StartsWith("\"mode\":"))
            {
                var value = rest[(rest.IndexOf(':') + 1)..].Trim();
                int comment = value.IndexOf(" #");
                mode = (comment >= 0 ? value[..comment] : value).Trim().TrimEnd(',').Trim("\"'").ToString();
            }
        }

        return mode;
    }
}
