using System.Globalization;
using K8sNetfilter.Nftables;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Text;

namespace K8sNetfilter.Simulation.Nftables;

/// <summary>A rule of nf_tables that a branch is at.</summary>
/// <param name="Hook">The base chain that it came in by.</param>
/// <param name="Chain">The rule's chain.</param>
/// <param name="Index">Its number in the chain, from 0.</param>
/// <param name="Rule">The rule.</param>
internal sealed record NativeRule(NativeHook Hook, NftChain Chain, int Index, NftRule Rule)
{
    /// <summary>What it does with the packet.</summary>
    public CompiledTarget Target { get; init; } = CompiledTarget.None;

    /// <summary>Why it does.</summary>
    public string Why { get; init; } = "";

    /// <summary>Its number in its chain, from 1.</summary>
    public int Number => Index + 1;

    /// <summary>Names it for people: <c>rule 2 (handle 14) of ip kube-proxy services</c>.</summary>
    public override string ToString()
    {
        string handle = Rule.Handle == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" (handle {Rule.Handle})");
        string table = $"{NftFamilyName.Of(Hook.Table.Family)} {Printable.Text(Hook.Table.Name)}";
        return $"rule {Number}{handle} of {table} {Printable.Text(Chain.Name)}";
    }
}
