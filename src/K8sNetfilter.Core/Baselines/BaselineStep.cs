using K8sNetfilter.Text;

namespace K8sNetfilter.Baselines;

/// <summary>One step on the way to a baseline, or back from it.</summary>
public sealed record BaselineStep
{
    /// <summary>Its place in the plan, counted from 1.</summary>
    public required int Number { get; init; }

    /// <summary>What it does.</summary>
    public required BaselineStepKind Kind { get; init; }

    /// <summary>The file, module, kernel parameter, bridge or port that it changes.</summary>
    public required string Target { get; init; }

    /// <summary>A bridge's or port's flag: <c>callIptables</c>, <c>hairpin</c>; null for the others.</summary>
    public string? Property { get; init; }

    /// <summary>What it does, in words: what <c>-WhatIf</c> prints.</summary>
    public required string Action { get; init; }

    /// <summary>The value before; null if there is none, where it is not known before the step's turn comes, and for files.</summary>
    public string? OldValue { get; init; }

    /// <summary>The value that it sets; null for files and modules.</summary>
    public string? NewValue { get; init; }

    /// <summary>The requirements that it serves, as <c>Sysctl net.ipv4.ip_forward 1</c>.</summary>
    public ValueList<string> Requirement { get; init; } = [];

    /// <summary>Traffic of pods can be cut by it, for example since bridged frames meet the node's rules from then on.</summary>
    public bool CanCutTraffic { get; init; }

    /// <summary>The module whose loading, earlier in the plan, makes what this step changes; null for none.</summary>
    public string? NeedsModule { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Target}: {Action}";
}
