using K8sNetfilter.Diagnosis.Chains.Owners;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>
/// What one component writes into the tables, and what it does when somebody else takes it out. One file for each component.
/// </summary>
internal sealed record OwnerDefinition(ChainOwner Owner)
{
    /// <summary>All components.</summary>
    public static IReadOnlyList<OwnerDefinition> All { get; } =
        [KubeProxyChains.Chains, CiliumChains.Chains, CalicoChains.Chains, FlannelChains.Chains, DockerChains.Chains,
            CniPortmapChains.Chains, KubeletChains.Chains];

    /// <summary>Beginnings of its chains' names.</summary>
    public required IReadOnlyList<string> Prefixes { get; init; }

    /// <summary>Beginnings of names among these that are somebody else's.</summary>
    public IReadOnlyList<string> NotOwn { get; init; } = [];

    /// <summary>The groups.</summary>
    public required IReadOnlyList<ChainGroup> Groups { get; init; }

    /// <summary>Beginnings of names that only earlier versions used, or that an update leaves where it was interrupted.</summary>
    public IReadOnlyList<string> OldPrefixes { get; init; } = [];

    /// <summary>Comments of rules that earlier versions put into the built-in chains, where newer ones only jump from.</summary>
    public IReadOnlyList<string> OldComments { get; init; } = [];

    /// <summary>True for the network of the pods, of which a node has one.</summary>
    public bool IsPodNetwork { get; init; }

    /// <summary>Whether it puts its rules back by itself while it runs.</summary>
    public required bool RepairsItself { get; init; }

    /// <summary>When it does, or what makes it.</summary>
    public required string Repair { get; init; }

    /// <summary>A chain whose absence makes it put everything back soon; null for none.</summary>
    public string? Canary { get; init; }

    /// <summary>When it does so where the canary is gone.</summary>
    public string? RepairWithoutCanary { get; init; }

    /// <summary>True where a jump can be put back by hand as the component itself writes it.</summary>
    public bool JumpsByHand { get; init; }

    /// <summary>The command that makes it write everything again.</summary>
    public required string Restart { get; init; }

    /// <summary>True for a chain that is this component's today.</summary>
    public bool Owns(NetfilterChain chain) =>
        StartsWithAny(chain.Name, Prefixes) && !StartsWithAny(chain.Name, NotOwn) && !OwnedBefore(chain);

    /// <summary>True for a chain of an earlier version.</summary>
    public bool OwnedBefore(NetfilterChain chain) => StartsWithAny(chain.Name, OldPrefixes);

    internal static bool StartsWithAny(string name, IReadOnlyList<string> prefixes)
    {
        foreach (string prefix in prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
