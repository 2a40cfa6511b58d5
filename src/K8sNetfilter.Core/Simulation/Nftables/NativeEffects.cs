using System.Globalization;
using System.Runtime.InteropServices;
using K8sNetfilter.Nftables.Evaluation;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Simulation.Nftables;

/// <summary>Does to a branch what rules change: marks, tracking, bytes of the packet, elements of sets.</summary>
internal static class NativeEffects
{
    /// <summary>Makes the changes, the oldest first. Null, or why the packet is not known from there on.</summary>
    public static string? Apply(BranchState state, NftEffect? effect)
    {
        if (effect is null)
        {
            return null;
        }

        if (Apply(state, effect.Previous) is { } lost)
        {
            return lost;
        }

        switch (effect.Kind)
        {
            case NftEffectKind.Meta when (NftMetaKey)effect.Key == NftMetaKey.Mark:
                (state.Packet.Mark, state.Packet.MarkKnown) =
                    (Number(effect.Value.Span) & Number(effect.Known.Span), Number(effect.Known.Span));
                break;
            case NftEffectKind.Meta when (NftMetaKey)effect.Key is NftMetaKey.PacketType or NftMetaKey.Brouting:
                return "a rule sets the frame's type, which is not followed";
            case NftEffectKind.Ct when (NftCtKey)effect.Key == NftCtKey.Mark && state.Connection.Exists:
                (state.Connection.Mark, state.Connection.MarkKnown) =
                    (Number(effect.Value.Span) & Number(effect.Known.Span), Number(effect.Known.Span));
                break;
            case NftEffectKind.Ct when (NftCtKey)effect.Key == NftCtKey.Zone && state.Connection.State == ConnectionState.None:
                return Zone(state, effect);
            case NftEffectKind.Payload:
                return PacketHeader.Write(ref state.Packet, (NftPayloadBase)effect.Key, effect.Offset, effect.Value.Span,
                    effect.Known.Span);
            case NftEffectKind.Notrack when state is { Connection.State: ConnectionState.None, Connection.Template: null }:
                state.Connection.State = ConnectionState.Untracked;
                break;
            case NftEffectKind.Element:
                state.SetChanges = effect with { Previous = state.SetChanges };
                break;
        }

        return null;
    }

    /// <summary>The newest change in words; null if nothing is to be said.</summary>
    public static string? Text(BranchState state, NftEffect? effect) => effect switch
    {
        null => null,
        { Kind: NftEffectKind.Meta } when (NftMetaKey)effect.Key == NftMetaKey.Mark =>
            Mark("mark", state.Packet.Mark, state.Packet.MarkKnown),
        { Kind: NftEffectKind.Ct } when (NftCtKey)effect.Key == NftCtKey.Mark =>
            Mark("connection mark", state.Connection.Mark, state.Connection.MarkKnown),
        { Kind: NftEffectKind.Notrack } => "connection tracking and address translation leave the packet alone",
        { Kind: NftEffectKind.Payload } => "the packet's bytes are rewritten",
        { Kind: NftEffectKind.Element, Set: { } set } => effect.Offset == 2 ? $"its element of {set.Name} is deleted"
            : $"it has an element in {set.Name}",
        _ => Text(state, effect.Previous),
    };

    private static string? Zone(BranchState state, NftEffect effect)
    {
        if (!NftBits.AreKnown(effect.Known.Span))
        {
            return "a rule sets a zone that is not known";
        }

        int directions = (NftCtDirection)effect.Offset switch { NftCtDirection.Original => 1, NftCtDirection.Reply => 2, _ => 3 };
        state.Connection.Template = new CompiledTarget
        {
            Action = WalkAction.Template, Name = "CT", Mode = directions, Value = MemoryMarshal.Read<ushort>(effect.Value.Span),
        };
        return null;
    }

    private static uint Number(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<uint>(bytes);

    private static string Mark(string name, uint mark, uint known) =>
        known == uint.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"{name} 0x{mark:x}") : $"{name} not fully known";
}
