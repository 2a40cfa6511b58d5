using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Statements;

namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>Takes the addresses and ports of a translation from its registers (nft_nat.c, nft_masq.c, nft_redir.c).</summary>
internal static class TranslationEvaluation
{
    private const int PortLength = sizeof(ushort);

    /// <summary>dnat and snat. In an inet table one that is for the other family does nothing, and the rule goes on.</summary>
    public static NftOutcome? Nat(RuleRun run, NatExpression nat)
    {
        if (nat.Family != run.Packet.Family && nat.Family != NftFamily.Inet)
        {
            return null;
        }

        int length = run.Packet.Family == NftFamily.IPv6 ? 16 : 4;
        if (Range(run, nat.AddressMin, nat.AddressMax, length, out var addressMin, out var addressMax) is { } addresses)
        {
            return run.End(NftAction.Open, $"translates to an address that is not known: {addresses}");
        }

        return End(
            run, nat.IsDestination ? NftTranslationKind.Destination : NftTranslationKind.Source, addressMin, addressMax, nat.PortMin,
            nat.PortMax, nat.Flags);
    }

    /// <summary>masquerade and redirect.</summary>
    public static NftOutcome Ports(RuleRun run, NftTranslationKind kind, NftRegister min, NftRegister max, NftNatFlags flags) =>
        End(run, kind, default, default, min, max, flags);

    private static NftResult End(
        RuleRun run, NftTranslationKind kind, NftData addressMin, NftData addressMax, NftRegister min, NftRegister max, NftNatFlags flags)
    {
        if (Range(run, min, max, PortLength, out var portMin, out var portMax) is { } ports)
        {
            return run.End(NftAction.Open, $"translates to a port that is not known: {ports}");
        }

        return new NftResult(NftAction.Translate)
        {
            Translation = new(kind, addressMin, addressMax, portMin, portMax, flags), Effects = run.Effects,
        };
    }

    // Why it is not known; null if it is.
    private static string? Range(RuleRun run, NftRegister min, NftRegister max, int length, out NftData low, out NftData high)
    {
        (low, high) = (default, default);
        if (!min.IsPresent)
        {
            return null;
        }

        var last = max.IsPresent ? max : min;
        if (!NftRegisters.Has(min, length) || !NftRegisters.Has(last, length))
        {
            return "its register does not exist";
        }

        if (!NftBits.AreKnown(run.Registers.Known(min, length)))
        {
            return run.Registers.Missing(min, length);
        }

        if (!NftBits.AreKnown(run.Registers.Known(last, length)))
        {
            return run.Registers.Missing(last, length);
        }

        (low, high) = (run.Registers.Value(min, length).ToArray(), run.Registers.Value(last, length).ToArray());
        return null;
    }
}
