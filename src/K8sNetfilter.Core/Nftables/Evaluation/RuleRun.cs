using K8sNetfilter.Nftables.Expressions;

namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>One way through a rule: its registers and what it changed so far.</summary>
internal sealed class RuleRun
{
    /// <summary>The table that names are looked up in.</summary>
    public required NftTable Table { get; init; }

    /// <summary>The rule's expressions.</summary>
    public NftExpression[] Expressions { get; private set; } = [];

    /// <summary>The packet.</summary>
    public INftPacket Packet { get; private set; } = null!;

    /// <summary>The registers.</summary>
    public NftRegisters Registers { get; } = new();

    /// <summary>What was changed; null if nothing.</summary>
    public NftEffect? Effects { get; private set; }

    /// <summary>Begins a rule.</summary>
    public void Start(NftExpression[] expressions, INftPacket packet)
    {
        (Expressions, Packet, Effects) = (expressions, packet, null);
        Registers.Clear();
    }

    /// <summary>Another way from here.</summary>
    public RuleRun Fork()
    {
        var copy = new RuleRun { Table = Table, Expressions = Expressions, Packet = Packet, Effects = Effects };
        copy.Registers.CopyFrom(Registers);
        return copy;
    }

    /// <summary>Notes a change.</summary>
    public void Change(NftEffectKind kind, int key, int offset, NftData value, NftData known, NftSet? set = null) =>
        Effects = new NftEffect(kind, key, offset, value, known, set, Effects);

    /// <summary>The newest change of a kind and key in this rule; null if there is none.</summary>
    public NftEffect? Changed(NftEffectKind kind, int key)
    {
        for (var effect = Effects; effect is not null; effect = effect.Previous)
        {
            if (effect.Kind == kind && effect.Key == key)
            {
                return effect;
            }
        }

        return null;
    }

    /// <summary>The rule breaks.</summary>
    public NftResult Broken() => Effects is null ? NftResult.Broken : new(NftAction.Broken) { Effects = Effects };

    /// <summary>The rule ends with an action.</summary>
    public NftResult End(NftAction action, string? detail = null) =>
        action == NftAction.Next && Effects is null ? NftResult.Next : new(action) { Detail = detail, Effects = Effects };
}
