using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop;
using K8sNetfilter.Processes;
using K8sNetfilter.Text;

namespace K8sNetfilter.Rulesets;

/// <summary>Which program prints the rules of one backend and family on this machine.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Arguments">What goes before its own arguments.</param>
internal sealed record IptablesTool(string Path, IReadOnlyList<string> Arguments)
{
    /// <summary>What the tool is usually called, for messages.</summary>
    public static string NameOf(NetfilterBackend backend, IPFamily family) =>
        $"{(family == IPFamily.IPv6 ? "ip6tables" : "iptables")}-{(backend == NetfilterBackend.Nft ? "nft" : "legacy")}-save";

    /// <summary>The failure of a tool that ended otherwise than well: a right that is missing is named.</summary>
    /// <param name="name">The tool's name.</param>
    /// <param name="status">Its exit status.</param>
    /// <param name="text">What it wrote to its error output.</param>
    /// <param name="has">Whether this process has a capability.</param>
    public static NodeException Failed(string name, int status, string text, Func<int, bool>? has = null)
    {
        // What libiptc says of EPERM: its socket needs CAP_NET_RAW, what it asks for CAP_NET_ADMIN (net/ipv4/netfilter/ip_tables.c).
        if (!text.Contains("Permission denied (you must be root)", StringComparison.Ordinal))
        {
            return NodeException.Create(Messages.ResourceManager, nameof(Messages.RulesetToolFailed), NodeErrorCategory.ResourceUnavailable,
                name, status, Printable.Text(text));
        }

        has ??= Capabilities.Has;
        string[] missing = [.. new[] { (Number: Capabilities.NetAdmin, Name: "CAP_NET_ADMIN"),
            (Number: Capabilities.NetRaw, Name: "CAP_NET_RAW") }
            .Where(c => !has(c.Number)).Select(c => c.Name)];
        return KernelFailure.From(Errno.EPERM, Messages.Operation_ReadRules, name, missing.Length == 0
            ? RulesetMessages.Capabilities : string.Join(" and ", missing));
    }

    /// <summary>
    /// Finds the tool: under its own name; as an applet of xtables-nft-multi or xtables-legacy-multi; or as plain iptables-save, which is
    /// one or the other (alternatives(8); "(nf_tables)" in its version). Null where it is not installed.
    /// </summary>
    public static IptablesTool? Find(NetfilterBackend backend, IPFamily family, CancellationToken cancellation)
    {
        if (ToolProcess.Find(NameOf(backend, family)) is { } own)
        {
            return new IptablesTool(own, []);
        }

        string plain = family == IPFamily.IPv6 ? "ip6tables-save" : "iptables-save";
        if (ToolProcess.Find(backend == NetfilterBackend.Nft ? "xtables-nft-multi" : "xtables-legacy-multi") is { } multi)
        {
            return new IptablesTool(multi, [plain]);
        }

        if (ToolProcess.Find(plain) is not { } any)
        {
            return null;
        }

        using var process = ToolProcess.Start(any, ["--version"], cancellation);
        Span<byte> version = stackalloc byte[256];
        int length = 0, count;
        while (length < version.Length && (count = process.Read(version[length..])) > 0)
        {
            length += count;
        }

        bool isNft = version[..length].IndexOf("nf_tables"u8) >= 0;
        return isNft == (backend == NetfilterBackend.Nft) ? new IptablesTool(any, []) : null;
    }
}
