using K8sNetfilter.Addressing;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Processes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Rulesets;

/// <summary>Puts rules into a private namespace with the real tools, and takes their own words out again.</summary>
internal static class Restore
{
    public static string NameOf(NetfilterBackend backend, IPFamily family, string verb) =>
        $"{(family == IPFamily.IPv6 ? "ip6tables" : "iptables")}-{(backend == NetfilterBackend.Nft ? "nft" : "legacy")}-{verb}";

    /// <summary>Restores a text; null, or what the tool said against it.</summary>
    public static string? Try(NetworkNamespace space, NetfilterBackend backend, IPFamily family, string text)
    {
        string tool = NameOf(backend, family, "restore");
        Tool.Require(tool);
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, text);
            using var process = space.Run(() => ToolProcess.Start(ToolProcess.Find(tool)!, ["-n", file], CancellationToken.None));
            Span<byte> ignored = stackalloc byte[4096];
            while (process.Read(ignored) > 0)
            {
            }

            return process.WaitForExit() == 0 ? null : process.ErrorText;
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Restores a text, or fails the test.</summary>
    public static void Do(NetworkNamespace space, NetfilterBackend backend, IPFamily family, string text) =>
        Assert.Null(Try(space, backend, family, text));

    /// <summary>What iptables-save prints, without its comments.</summary>
    public static string[] Save(NetworkNamespace space, NetfilterBackend backend, IPFamily family, params string[] arguments) =>
        [.. Tool.Run(space, NameOf(backend, family, "save"), arguments).Split('\n').Where(l => l.Length > 0 && l[0] != '#')];

    /// <summary>The same, written from the model.</summary>
    public static IEnumerable<string> Write(Ruleset ruleset, NetfilterBackend backend, IPFamily family)
    {
        foreach (var table in ruleset.Tables.Where(t => t.Backend == backend && t.Family == family))
        {
            yield return "*" + table.Name;
            foreach (var chain in table.Chains)
            {
                yield return chain.ToString();
            }

            foreach (var rule in table.Chains.SelectMany(c => c.GetRules()))
            {
                // Made again from its values, so that nothing of the line that was read is left.
                yield return new NetfilterRule(table.FindChain(rule.Chain)!, rule.Number, rule.Matches, rule.Target, rule.Packets, rule.Bytes).ToString();
            }

            yield return "COMMIT";
        }
    }
}
