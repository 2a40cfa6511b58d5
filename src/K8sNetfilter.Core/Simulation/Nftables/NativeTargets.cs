using System.Buffers.Binary;
using K8sNetfilter.Addressing;
using K8sNetfilter.Nftables.Evaluation;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Statements;
using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Simulation.Nftables;

/// <summary>Turns what a rule does into what the walk does for both languages of rules.</summary>
internal static class NativeTargets
{
    private static readonly CompiledTarget Accept = new() { Action = WalkAction.Accept, Name = "ACCEPT" };
    private static readonly CompiledTarget Drop = new() { Action = WalkAction.Drop, Name = "DROP" };

    /// <summary>The target of an end.</summary>
    public static CompiledTarget Of(NftResult result, IPFamily family) => result.Action switch
    {
        NftAction.Accept => Accept,
        NftAction.Drop => Drop,
        NftAction.Reject => new() { Action = WalkAction.Reject, Name = "REJECT", Detail = result.Detail ?? "" },
        NftAction.Queue => new() { Action = WalkAction.Queue, Name = "QUEUE" },
        NftAction.Translate => Of(result.Translation!, family),
        _ => Open(result.Detail ?? "takes the packet away"),
    };

    private static CompiledTarget Open(string why) => new() { Action = WalkAction.Unread, Name = "", Detail = why };

    private static CompiledTarget Of(NftTranslation translation, IPFamily family)
    {
        if ((translation.Flags & NftNatFlags.PortOffset) != 0)
        {
            return Open("translates to ports at a distance from a base, which is not followed");
        }

        var (action, name) = translation.Kind switch
        {
            NftTranslationKind.Destination => (WalkAction.DestinationNat, "DNAT"),
            NftTranslationKind.Source => (WalkAction.SourceNat, "SNAT"),
            NftTranslationKind.Masquerade => (WalkAction.Masquerade, "MASQUERADE"),
            _ => (WalkAction.Redirect, "REDIRECT"),
        };
        bool hasAddress = !translation.AddressMin.IsEmpty, hasPorts = !translation.PortMin.IsEmpty;
        Bits128 low = hasAddress ? PacketHeader.Address(translation.AddressMin.Span) : 0, high = hasAddress
            ? PacketHeader.Address(translation.AddressMax.Span) : 0;
        if (hasAddress && (translation.Flags & NftNatFlags.Netmap) != 0)
        {
            // The host's part stays (nft_nat_setup_netmap).
            var mask = ~(low ^ high) & AddressBits.Mask(128, family);
            return hasPorts ? Open("translates a network together with ports, which is not followed")
                : new() { Action = WalkAction.Netmap, Name = name, Low = low & mask, High = mask };
        }

        return new()
        {
            Action = action,
            Name = name,
            HasAddress = hasAddress,
            Low = low,
            High = high,
            HasPorts = hasPorts,
            LowPort = Port(translation.PortMin),
            HighPort = Port(translation.PortMax),
            Random = (translation.Flags & (NftNatFlags.Random | NftNatFlags.FullyRandom)) != 0,
        };
    }

    private static int Port(NftData port) => port.IsEmpty ? 0 : BinaryPrimitives.ReadUInt16BigEndian(port.Span);
}
