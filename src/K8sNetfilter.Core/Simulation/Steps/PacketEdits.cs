using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>What a rule's target changes of the packet and of its connection: marks, tracking, fields of the header.</summary>
internal static class PacketEdits
{
    /// <summary>Makes the change.</summary>
    public static void Make(BranchState state, CompiledRule rule)
    {
        var target = rule.Target;
        switch (target.Action)
        {
            case WalkAction.Mark:
                state.Packet.SetMark(target.Value, target.Mask);
                break;
            case WalkAction.UnknownMark:
                (state.Packet.Mark, state.Packet.MarkKnown) = (0, 0);
                break;
            case WalkAction.ConnmarkSet or WalkAction.ConnmarkSave or WalkAction.ConnmarkRestore when state.Connection.Exists:
                Connmark(state, target);
                break;
            case WalkAction.ConnmarkRestore when state.Connection.HasTemplate:
                // A template has no mark. What is saved to one is no connection's.
                state.Packet.SetMark(0, target.PacketMask);
                break;
            case WalkAction.NoTrack when state is { Connection.State: ConnectionState.None, Connection.Template: null }:
                // A packet that already has a connection, as on its second way through lo, or a template keeps it (xt_CT.c, xt_ct_target).
                (state.Connection.State, state.End.NotTrackedBy) = (ConnectionState.Untracked, rule.Rule);
                break;
            case WalkAction.Template when state.Connection.State == ConnectionState.None:
                state.Connection.Template ??= target;
                break;
            case WalkAction.Ttl when state.Packet.Ttl >= 0 || target.Mode == 0:
                state.Packet.Ttl = Math.Clamp(target.Mode == 0 ? (int)target.Value
                    : state.Packet.Ttl + (target.Mode * (int)target.Value), 0, 255);
                break;
            case WalkAction.Tos when target.Mode < 0:
                state.Packet.Tos = -1;
                break;
            case WalkAction.Tos when state.Packet.Tos >= 0 || target.Mask == 0xff:
                state.Packet.Tos = (Math.Max(state.Packet.Tos, 0) & ~(int)target.Mask) ^ (int)target.Value;
                break;
        }
    }

    /// <summary>The change in words; null if nothing changed.</summary>
    public static string? Tell(BranchState state, CompiledRule rule) => rule.Target.Action switch
    {
        WalkAction.Tee => StepMessages.CopyGoesTo(rule.Target.Detail),
        WalkAction.Mark => Mark("mark", state.Packet.Mark, state.Packet.MarkKnown),
        WalkAction.UnknownMark when rule.Target.Name == "SET" => StepMessages.MarkBecomesThatOfSets,
        WalkAction.UnknownMark => StepMessages.MarkBecomesHashOfConnection,
        WalkAction.ConnmarkSet or WalkAction.ConnmarkSave or WalkAction.ConnmarkRestore when !state.Connection.Exists =>
            StepMessages.WithoutConnectionThereIsNo,
        WalkAction.ConnmarkSet or WalkAction.ConnmarkSave => Mark("connection mark", state.Connection.Mark, state.Connection.MarkKnown),
        WalkAction.ConnmarkRestore => Mark("mark", state.Packet.Mark, state.Packet.MarkKnown),
        WalkAction.NoTrack when state.End.NotTrackedBy == rule.Rule => StepMessages.ConnectionTrackingAndAddressTranslation,
        WalkAction.Template when state.Connection.HasTemplate => StepMessages.UntilConnectionTrackingRulesSee,
        WalkAction.Ttl when state.Packet.Ttl >= 0 => StepMessages.TimeToLive(state.Packet.Ttl),
        WalkAction.Tos when state.Packet.Tos >= 0 => StepMessages.TypeOfService(state.Packet.Tos),
        _ => null,
    };

    private static string Mark(string name, uint mark, uint known) => known == uint.MaxValue ? $"{name} 0x{mark:x}"
        : StepMessages.NotFullyKnown(name);

    // net/netfilter/xt_connmark.c, connmark_tg_shift. Outside the mask that is replaced the bits are xored, so that one is known where both
    // are.
    private static void Connmark(BranchState state, CompiledTarget target)
    {
        switch (target.Action)
        {
            case WalkAction.ConnmarkSet:
                state.Connection.Mark = (state.Connection.Mark & ~target.Mask) ^ target.Value;
                state.Connection.MarkKnown |= target.Mask;
                break;
            case WalkAction.ConnmarkSave:
                state.Connection.Mark = (state.Connection.Mark & ~target.Mask) ^ (state.Packet.Mark & target.PacketMask);
                state.Connection.MarkKnown = (state.Connection.MarkKnown | target.Mask) & (state.Packet.MarkKnown | ~target.PacketMask);
                break;
            default:
                state.Packet.Mark = (state.Packet.Mark & ~target.PacketMask) ^ (state.Connection.Mark & target.Mask);
                state.Packet.MarkKnown = (state.Packet.MarkKnown | target.PacketMask) & (state.Connection.MarkKnown | ~target.Mask);
                break;
        }
    }
}
