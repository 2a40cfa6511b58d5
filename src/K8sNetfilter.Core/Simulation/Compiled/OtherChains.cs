using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation.Nftables;

namespace K8sNetfilter.Simulation.Compiled;

/// <summary>
/// The base chains of a node that are not among the rules that a walk goes by: of nft(8), ebtables and arptables. Packets meet them all the
/// same. Those that do nothing, or that no packet meets, are left out.
/// </summary>
internal sealed class OtherChains
{
    // A branch has a bit for each; those beyond share the last.
    private const int Bits = 64;

    private readonly NftBaseChain[] _chains;

    private OtherChains(NftBaseChain[] chains, string? missing)
    {
        _chains = chains;
        Missing = missing;
        foreach (var chain in chains)
        {
            HasArp |= chain.Layer == HookLayer.Arp;
            HasBridge |= chain.Layer == HookLayer.Bridge;
            HasDevices |= chain.Layer == HookLayer.Netdev;
        }
    }

    /// <summary>There are none.</summary>
    public static OtherChains None { get; } = new([], null);

    /// <summary>The chains.</summary>
    public IReadOnlyList<NftBaseChain> Chains => _chains;

    /// <summary>What is missing, so that there may be more; null where these are all.</summary>
    public string? Missing { get; }

    public bool HasArp { get; }

    public bool HasBridge { get; }

    public bool HasDevices { get; }

    /// <summary>Looks for them.</summary>
    /// <param name="ruleset">The rules that are walked.</param>
    /// <param name="hooks">What the kernel says of its hooks.</param>
    /// <param name="native">Those that are walked in the kernel's own expressions; null for none.</param>
    /// <param name="except">The tables of one name in the families ip and ip6 that are read elsewhere.</param>
    public static OtherChains Of(Ruleset ruleset, KernelHooks hooks, string except, NativeChains? native = null)
    {
        var found = hooks.BaseChains.Where(c => Counts(c) && !IsWalked(c, ruleset) && native?.Has(c) != true
            && !(c.Table == except && c.Layer == HookLayer.IP && c.Family != IPFamily.Unspecified)).ToArray();
        return found.Length == 0 && hooks.Missing is null ? None : new(found, hooks.Missing);
    }

    /// <summary>Why a chain drops every packet.</summary>
    public static string Why(NftBaseChain chain) => (chain.RuleCount, chain.Effect) switch
    {
        (0, _) => CompiledMessages.ItsPolicyIsDropAnd,
        (1, ChainEffect.Rejects) => CompiledMessages.ItIsOneUnconditionalReject,
        (1, _) when chain.Accepts != false => CompiledMessages.ItIsOneUnconditionalDrop,
        (_, ChainEffect.Rejects) => CompiledMessages.ItsFirstRuleThatDecides,
        _ => CompiledMessages.NothingInItLetsPacket,
    };

    /// <summary>The bit of a chain in a branch's <see cref="Branches.BranchState.Others"/>.</summary>
    public static ulong BitOf(int index) => 1UL << Math.Min(index, Bits - 1);

    /// <summary>The first of the chains that a branch met; null for none.</summary>
    /// <param name="met">The branch's bits.</param>
    /// <param name="wants">Which of them.</param>
    private NftBaseChain? First(ulong met, Func<NftBaseChain, bool> wants)
    {
        for (int i = 0; met != 0 && i < _chains.Length; i++)
        {
            if ((met & BitOf(i)) != 0 && wants(_chains[i]))
            {
                return _chains[i];
            }
        }

        return null;
    }

    /// <summary>Whether the end of a branch is open because of the chains that it met or may have met.</summary>
    /// <param name="met">The branch's bits.</param>
    /// <param name="fate">Where its packet ended.</param>
    /// <param name="works">Whether its connection comes about by the rules alone.</param>
    /// <param name="knowsRoutes">If routes are not known either, others name all that is missing together.</param>
    /// <returns>Why the end is open, or what it holds for only if it is true; both null if neither.</returns>
    public (string? Open, string? Assumed) Limit(ulong met, PacketFate fate, MatchOutcome works, bool knowsRoutes)
    {
        if (fate == PacketFate.Unknown)
        {
            return default;
        }

        // What is lost is lost, whatever a filter would have done with it: only a chain that changes packets could have led it elsewhere.
        bool isLost = works == MatchOutcome.No || fate is PacketFate.Dropped or PacketFate.Rejected;
        if (met != 0 && First(met, c => !isLost || MayMend(c)) is { } chain)
        {
            return (CompiledMessages.IsOnWayAndNot(chain.Text), null);
        }

        if (Missing is not { } missing || !knowsRoutes)
        {
            return default;
        }

        return isLost ? (null, CompiledMessages.NoChainTranslatesOrMarks(missing))
            : (CompiledMessages.IsNotKnownAndPacket(missing), null);
    }

    /// <summary>Names a chain that a branch met and that cannot have helped, for the evidence; null for none.</summary>
    public string? Beside(ulong met) =>
        met != 0 && First(met, c => !MayMend(c)) is { } chain ? CompiledMessages.WasNotReadAndAt(chain.Text) : null;

    /// <summary>Whether a branch met a chain that may have sent it elsewhere.</summary>
    public bool MayMend(ulong met) => met != 0 && First(met, MayMend) is not null;

    private static bool MayMend(NftBaseChain chain) => chain.Effect == ChainEffect.Changes
        || (chain.Effect == ChainEffect.Unread && chain.Type is "nat" or "route");

    private static bool Counts(NftBaseChain chain) =>
        chain.IsDormant != true && chain.Effect != ChainEffect.Nothing;

    private static bool IsWalked(NftBaseChain chain, Ruleset ruleset) =>
        chain.IsOfIptables
        && (ruleset.Tables.Any(t => t.Name == chain.Table && t.Family == chain.Family && t.Backend != NetfilterBackend.Legacy
            && t.FindChain(chain.Name) is not null)
            || ruleset.Unread.Any(u => u.Name == chain.Table && u.Family == chain.Family && u.Backend == NetfilterBackend.Nft));
}
