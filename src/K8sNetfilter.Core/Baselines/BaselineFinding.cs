using K8sNetfilter.Configuration;

namespace K8sNetfilter.Baselines;

/// <summary>How a node stands to one requirement of a baseline.</summary>
public sealed record BaselineFinding
{
    /// <summary>The baseline that declares the requirement.</summary>
    public required string Baseline { get; init; }

    /// <summary>The file that the baseline was read from; of a shipped one its file's name.</summary>
    public string BaselinePath { get; init; } = "";

    /// <summary>What the requirement is about.</summary>
    public required BaselineRequirementKind Kind { get; init; }

    /// <summary>The module, kernel parameter, file, bridge or chain.</summary>
    public required string Name { get; init; }

    /// <summary>A bridge's flag or a chain's table; null for the others.</summary>
    public string? Property { get; init; }

    /// <summary>A chain's address family; null for the others.</summary>
    public string? Family { get; init; }

    /// <summary>The values that satisfy the requirement, as text.</summary>
    public required string Expected { get; init; }

    /// <summary>The present state; null where the node does not say, or is not running (a mounted root).</summary>
    public string? LiveValue { get; init; }

    /// <summary>The state after the next boot; null where it is not known, where the thing is not there then, or where it has no meaning (bridges, chains).</summary>
    public string? BootValue { get; init; }

    /// <summary>The present state satisfies; null where it is not known or not asked for.</summary>
    public bool? IsLiveInDesiredState { get; init; }

    /// <summary>The state after the next boot satisfies; null where it has no meaning.</summary>
    public bool? IsBootInDesiredState { get; init; }

    /// <summary>Both satisfy, as far as they are asked for; null where neither is known not to, and one that is asked for is not known.</summary>
    public bool? IsInDesiredState => IsLiveInDesiredState == false || IsBootInDesiredState == false ? false : IsUnknown ? null : true;

    /// <summary>True where a state that is asked for is not known: <see cref="Cause"/> says what is missing.</summary>
    internal bool IsUnknown { get; init; }

    /// <summary>True where only a program that writes after the boot's files may make it satisfy at boot: a line in a file would.</summary>
    internal bool NeedsLine { get; init; }

    /// <summary>Why it does not satisfy, or what is not known, in a sentence; null where it satisfies.</summary>
    public string? Cause { get; init; }

    /// <summary>The file and line that decides the state after the next boot, or that contradicts; null where none does.</summary>
    public SourceLine? Source { get; init; }

    /// <summary>What to do, as a command line; null where nothing is wrong.</summary>
    public string? Remedy { get; init; }

    /// <summary>Why it is required.</summary>
    public string? Reason { get; init; }

    /// <summary>Where to read more.</summary>
    public Uri? Link { get; init; }

    /// <summary>The requirement itself.</summary>
    internal BaselineRequirement? Requirement { get; init; }

    /// <summary>True for the same requirement of the same baseline.</summary>
    public bool IsAbout(BaselineFinding other) =>
        other is not null && (Baseline, Kind, Name, Property, Family) == (other.Baseline, other.Kind, other.Name, other.Property, other.Family);
}
