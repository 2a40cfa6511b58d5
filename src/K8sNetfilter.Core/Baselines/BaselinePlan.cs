namespace K8sNetfilter.Baselines;

/// <summary>
/// What brings a node to its baselines, before anything is done: steps in order, and the requirements that no step can satisfy. A node that is as
/// it should be has a plan without steps.
/// </summary>
public sealed class BaselinePlan
{
    private readonly Dictionary<int, BaselineFileEdit> _edits;
    private readonly Dictionary<int, IReadOnlyList<BaselineExpectation>> _expected;

    internal BaselinePlan(
        IReadOnlyList<BaselineFinding> findings, IReadOnlyList<BaselineStep> steps, IReadOnlyList<BaselineRefusal> refusals,
        Dictionary<int, BaselineFileEdit> edits, Dictionary<int, IReadOnlyList<BaselineExpectation>> expected)
    {
        Findings = findings;
        Steps = steps;
        Refusals = refusals;
        _edits = edits;
        _expected = expected;
    }

    /// <summary>How the node stands to each requirement that was looked at.</summary>
    public IReadOnlyList<BaselineFinding> Findings { get; }

    /// <summary>The steps, in the order in which they are done.</summary>
    public IReadOnlyList<BaselineStep> Steps { get; }

    /// <summary>What is not attempted, and why.</summary>
    public IReadOnlyList<BaselineRefusal> Refusals { get; }

    /// <summary>The file of a step whose kind is <see cref="BaselineStepKind.File"/>.</summary>
    public BaselineFileEdit EditOf(BaselineStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return _edits[step.Number];
    }

    /// <summary>The value that a step of the kind <see cref="BaselineStepKind.Sysctl"/> writes where the parameter has a value now; null where that satisfies already.</summary>
    /// <param name="step">The step.</param>
    /// <param name="present">The value now.</param>
    public string? ValueFor(BaselineStep step, string? present)
    {
        ArgumentNullException.ThrowIfNull(step);
        var expected = _expected[step.Number];
        return present is not null && expected.All(e => e.IsSatisfiedBy(present)) ? null : BaselineExpectation.ValueToSet(expected, present) ?? step.NewValue;
    }

    /// <summary>The same plan without some of its steps, and without those that need a module which is then not loaded.</summary>
    public BaselinePlan Without(IReadOnlySet<int> numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        var modules = Steps.Where(s => s.Kind == BaselineStepKind.LoadModule && numbers.Contains(s.Number)).Select(s => s.Target).ToHashSet(StringComparer.Ordinal);
        return new BaselinePlan(
            Findings, [.. Steps.Where(s => !numbers.Contains(s.Number) && (s.NeedsModule is null || !modules.Contains(s.NeedsModule)))], Refusals, _edits, _expected);
    }
}
