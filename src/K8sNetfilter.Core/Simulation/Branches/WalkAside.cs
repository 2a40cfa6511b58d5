using K8sNetfilter.Hooks;
using K8sNetfilter.Logic;
using K8sNetfilter.Nftables.Evaluation;

namespace K8sNetfilter.Simulation.Branches;

/// <summary>
/// What few packets of a walk have. It stands beside the branch and is shared by its copies: a walk makes a dozen of them.
/// </summary>
internal sealed record WalkAside
{
    /// <summary>Nothing of it.</summary>
    public static WalkAside None { get; } = new();

    /// <inheritdoc cref="BranchState.Entry"/>
    public WalkEntry? Entry { get; init; }

    /// <inheritdoc cref="BranchState.BeforeNat"/>
    public BranchState? BeforeNat { get; init; }

    /// <inheritdoc cref="BranchState.SecondNatRan"/>
    public bool SecondNatRan { get; init; }

    /// <inheritdoc cref="BranchState.Answer"/>
    public BranchState? Answer { get; init; }

    /// <inheritdoc cref="BranchState.Completes"/>
    public MatchOutcome Completes { get; init; } = MatchOutcome.Yes;

    /// <inheritdoc cref="BranchState.CompletesReason"/>
    public string? CompletesReason { get; init; }

    /// <inheritdoc cref="BranchState.TooLong"/>
    public string? TooLong { get; init; }

    /// <inheritdoc cref="BranchState.SetChanges"/>
    public NftEffect? SetChanges { get; init; }

    /// <inheritdoc cref="BranchState.EndOther"/>
    public NftBaseChain? EndOther { get; init; }

    /// <summary>True where both packets go on alike as far as this matters.</summary>
    public bool SameAs(WalkAside other) =>
        ReferenceEquals(this, other)
        || (Entry == other.Entry && SecondNatRan == other.SecondNatRan && ReferenceEquals(BeforeNat, other.BeforeNat)
            && Equals(SetChanges, other.SetChanges) && TooLong == other.TooLong
            && Completes == other.Completes && CompletesReason == other.CompletesReason
            && (ReferenceEquals(Answer, other.Answer) || (Answer is not null && other.Answer is not null && Answer.SameAs(other.Answer))));
}
