namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>
/// What a rule does with a packet: one thing (<see cref="NftResult"/>), one of two that a question decides (<see cref="NftEither"/>), or
/// one of several by chance (<see cref="NftChance"/>).
/// </summary>
internal abstract record NftOutcome;

/// <summary>One thing.</summary>
/// <param name="Action">What becomes of the packet.</param>
internal sealed record NftResult(NftAction Action) : NftOutcome
{
    /// <summary>The rule broke and changed nothing.</summary>
    public static NftResult Broken { get; } = new(NftAction.Broken);

    /// <summary>The rule ran to its end and changed nothing.</summary>
    public static NftResult Next { get; } = new(NftAction.Next);

    /// <summary>The chain that a jump or goto leads to; what a packet is rejected with; why it is open; null for the others.</summary>
    public string? Detail { get; init; }

    /// <summary>How the connection is translated; null if it is not.</summary>
    public NftTranslation? Translation { get; init; }

    /// <summary>What it changes, also if the rule breaks afterwards; null if nothing.</summary>
    public NftEffect? Effects { get; init; }

    /// <summary>What is not known and does not matter: whether the rule ran to its end, which changes nothing. Null if it is
    /// known.</summary>
    public string? Doubt { get; init; }

    /// <summary>True if the packet goes on to the next rule as it came, whether the rule ran to its end or not.</summary>
    public bool LeavesNoTrace => Action is NftAction.Next or NftAction.Broken && Effects is null;

    /// <summary>Whether a packet can't tell the two apart.</summary>
    public bool IsLike(NftResult other) =>
        Detail == other.Detail && Equals(Effects, other.Effects) && Equals(Translation, other.Translation)
        && (Action == other.Action || (IsOn(Action) && IsOn(other.Action)));

    private static bool IsOn(NftAction action) => action is NftAction.Next or NftAction.Broken;
}

/// <summary>One of two, by something that is not known.</summary>
/// <param name="Place">The number of the expression that it depends on.</param>
/// <param name="Choice">Which choice of that expression, from 0.</param>
/// <param name="Why">What is not known.</param>
/// <param name="Yes">If the expression holds.</param>
/// <param name="No">If it does not.</param>
internal sealed record NftEither(int Place, int Choice, string Why, NftOutcome Yes, NftOutcome No) : NftOutcome;

/// <summary>One of several, by chance or in turn.</summary>
/// <param name="Why">What decides: <c>numgen random mod 3</c>.</param>
/// <param name="Cases">What may come of it.</param>
internal sealed record NftChance(string Why, NftCase[] Cases) : NftOutcome;

/// <summary>One of what chance may choose.</summary>
/// <param name="Share">How probable it is.</param>
/// <param name="Outcome">What comes of it.</param>
internal sealed record NftCase(double Share, NftOutcome Outcome);
