using System.Text.RegularExpressions;

namespace K8sNetfilter.Tests.Rulesets;

/// <summary>One rule of extension-rules.txt for one family.</summary>
/// <param name="Extension">The file of the extension, without its ending: <c>libxt_tcp</c>; <c>header</c> for what needs none.</param>
/// <param name="IsV6">True for ip6tables.</param>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Body">The rule without its <c>-A chain</c>.</param>
public sealed record ExtensionRule(string Extension, bool IsV6, string Table, string Chain, string Body)
{
    /// <summary>The rule as iptables-restore takes it.</summary>
    public string Line => $"-A {Chain} {Body}";

    /// <summary>Every rule, once for each family that it is for.</summary>
    public static IReadOnlyList<ExtensionRule> All { get; } = [.. Read()];

    private static IEnumerable<ExtensionRule> Read()
    {
        using var stream = typeof(ExtensionRule).Assembly.GetManifestResourceStream("extension-rules.txt")!;
        using var reader = new StreamReader(stream);
        string extension = "";
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (Regex.Match(line, @"^\[(\w+)\]$") is { Success: true } head)
            {
                extension = head.Groups[1].Value;
                continue;
            }

            string[] parts = line.Split('|', 4);
            foreach (char family in parts[0])
            {
                bool isV6 = family == '6';
                yield return new ExtensionRule(extension, isV6, parts[1], parts[2], parts[3]
                    .Replace("@IP@", isV6 ? "2001:db8::5" : "192.0.2.5", StringComparison.Ordinal)
                    .Replace("@NET@", isV6 ? "fd00::/8" : "10.0.0.0/8", StringComparison.Ordinal)
                    .Replace("@ALL@", isV6 ? "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" : "255.255.255.255", StringComparison.Ordinal)
                    .Replace("@F@", isV6 ? "6" : "4", StringComparison.Ordinal));
            }
        }
    }
}
