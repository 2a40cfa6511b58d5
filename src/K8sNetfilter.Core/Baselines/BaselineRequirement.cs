using K8sNetfilter.Configuration;

namespace K8sNetfilter.Baselines;

/// <summary>One thing that a node should be, with the reason.</summary>
public sealed record BaselineRequirement
{
    /// <summary>The baseline that declares it.</summary>
    public required string Baseline { get; init; }

    /// <summary>What it is about.</summary>
    public required BaselineRequirementKind Kind { get; init; }

    /// <summary>The module, kernel parameter, file, bridge or chain. A file or bridge may be a wildcard pattern.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Which of the object's settings is meant: a bridge's <c>callIptables</c>, <c>callIp6tables</c>, <c>callArptables</c> or
    /// <c>hairpin</c>; a chain's table. Null for the others.
    /// </summary>
    public string? Property { get; init; }

    /// <summary>The address family of a chain: <c>IPv4</c> or <c>IPv6</c>. Null for the others.</summary>
    public string? Family { get; init; }

    /// <summary>The values that satisfy it. A module's are <c>present</c> or <c>absent</c>, a file's <c>agrees</c>, a chain's <c>reached</c>, a flag's <c>on</c> or <c>off</c>.</summary>
    public required BaselineExpectation Expected { get; init; }

    /// <summary>The state after the next boot must satisfy it too.</summary>
    public bool AtBoot { get; init; } = true;

    /// <summary>Why, in a sentence.</summary>
    public string? Reason { get; init; }

    /// <summary>Where to read more.</summary>
    public Uri? Link { get; init; }

    /// <summary>When it applies.</summary>
    public BaselineCondition When { get; init; } = BaselineCondition.Always;

    /// <summary>Where it is declared.</summary>
    public SourceLine? Source { get; init; }

    /// <summary>What a later declaration of the same thing replaces.</summary>
    internal (BaselineRequirementKind, string, string?, string?) Identity => (Kind, Name, Property, Family);

    /// <inheritdoc/>
    public override string ToString() => Property is null ? $"{Kind} {Name} {Expected}" : $"{Kind} {Name} {Property} {Expected}";
}
