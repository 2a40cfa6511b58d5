using System.Management.Automation;
using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Surface;

/// <summary>What names a chain of a node.</summary>
internal sealed record ChainName(NetfilterBackend? Backend, IPFamily Family, string Table, string Chain)
{
    /// <summary>That of a chain, or of a rule where those are asked for, that came out of a file or from another session; null for anything else.</summary>
    public static ChainName? Of(PSObject input, bool takesRules)
    {
        bool Is(string type) => input.TypeNames.Any(t => t == "Deserialized.K8sNetfilter.Rulesets." + type);
        string? name = Is(nameof(NetfilterChain)) ? "Name" : takesRules && Is(nameof(NetfilterRule)) ? "Chain" : null;
        if (name is null || Text(name) is not { } chain || Text("Table") is not { } table || !Enum.TryParse(Text("Family"), out IPFamily family))
        {
            return null;
        }

        return new ChainName(Enum.TryParse(Text("Backend"), out NetfilterBackend backend) ? backend : null, family, table, chain);

        string? Text(string property) => input.Properties[property]?.Value?.ToString();
    }
}
