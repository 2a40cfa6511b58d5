using System.Text;
using K8sNetfilter.Errors;
using K8sNetfilter.Hooks;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Processes;
using K8sNetfilter.Text;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// The legacy tables of arptables and ebtables. To ask for a table that is not there creates it, so that only those are asked for that are
/// there: /proc/net/arp_tables_names lists them, and nfnetlink_hook shows those of ebtables on its hooks.
/// </summary>
internal sealed class LayerTwoTables(KernelRoot root, NetworkNamespace? inside)
{
    private static readonly string[] TablesOfBridge = ["broute", "nat", "filter"];

    /// <summary>What <c>arptables-legacy -nL</c> prints; null where there is no table, "" where the tool is not there.</summary>
    public string? ArpText(CancellationToken cancellation)
    {
        string path = root.Resolve("/proc/thread-self/net/arp_tables_names");
        bool any = Inside(() =>
        {
            try
            {
                return File.ReadAllLines(path).Length > 0;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        });
        return any ? Print("arptables-legacy", ["-nL"], cancellation) : null;
    }

    /// <summary>
    /// What <c>ebtables-legacy -t TABLE -L</c> prints of each table that is there; null where none is, "" where the tool is not there.
    /// </summary>
    /// <param name="entries">What the kernel says of its hooks; null where it does not say.</param>
    /// <param name="cancellation">Ends it.</param>
    public string? BridgeText(IReadOnlyList<HookEntry>? entries, CancellationToken cancellation)
    {
        var tables = BridgeTables(entries);
        if (tables.Count == 0)
        {
            return null;
        }

        var text = new StringBuilder();
        foreach (string table in tables)
        {
            if (Print("ebtables-legacy", ["-t", table, "-L"], cancellation) is not { Length: > 0 } printed)
            {
                return "";
            }

            text.Append(printed).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Their chains, of both.</summary>
    public IReadOnlyList<NftBaseChain> Read(IReadOnlyList<HookEntry>? entries, CancellationToken cancellation)
    {
        var chains = new List<NftBaseChain>();
        if (ArpText(cancellation) is { } arp)
        {
            chains.AddRange(arp.Length > 0 ? LegacyChainText.Parse(arp, HookLayer.Arp) : LegacyChainText.Unread(["filter"], HookLayer.Arp));
        }

        if (BridgeText(entries, cancellation) is { } bridge)
        {
            chains.AddRange(bridge.Length > 0
                ? LegacyChainText.Parse(bridge, HookLayer.Bridge) : LegacyChainText.Unread(BridgeTables(entries), HookLayer.Bridge));
        }

        return chains;
    }

    private List<string> BridgeTables(IReadOnlyList<HookEntry>? entries) => entries is not null
        ? [.. TablesOfBridge.Where(t => entries.Any(e => e.Layer == HookLayer.Bridge && e.Module == "ebtable_" + t))]
        // Since Linux 5.15 a loaded table is one of this namespace only once it was asked for; before, it is.
        : [.. TablesOfBridge.Where(t => Directory.Exists(root.Resolve("/sys/module/ebtable_" + t)))];

    private string Print(string name, string[] arguments, CancellationToken cancellation)
    {
        if (ToolProcess.Find(name) is not { } tool)
        {
            return "";
        }

        RuntimeThreads.StartForProcesses();
        using var process = Inside(() => ToolProcess.Start(tool, arguments, cancellation));
        using var text = new MemoryStream();
        byte[] buffer = new byte[1 << 14];
        int count;
        while ((count = process.Read(buffer)) > 0)
        {
            text.Write(buffer, 0, count);
        }

        int status = process.WaitForExit();
        return status == 0 ? Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length)
            : throw NodeException.Create(
                Messages.ResourceManager, nameof(Messages.RulesetToolFailed), NodeErrorCategory.ResourceUnavailable, name, status,
                Printable.Text(process.ErrorText));
    }

    private T Inside<T>(Func<T> work) => inside is null ? work() : inside.Run(work);
}
