namespace K8sNetfilter.Baselines;

/// <summary>What one step changes, written down before it does.</summary>
internal sealed record JournalEntry
{
    /// <summary>What the step does.</summary>
    public required BaselineStepKind Kind { get; init; }

    /// <summary>The file's path, the module, the kernel parameter's path below /proc/sys, the bridge or the port.</summary>
    public required string Target { get; init; }

    /// <summary>A bridge's or port's flag.</summary>
    public string? Property { get; init; }

    /// <summary>A kernel parameter's value, or a flag (on, off), as it was.</summary>
    public string? Old { get; init; }

    /// <summary>The value that the step sets.</summary>
    public string? New { get; init; }

    /// <summary>The file as it was; null where there was none.</summary>
    public JournalFile? OldFile { get; init; }

    /// <summary>SHA-256 of the new file, in hexadecimal.</summary>
    public string? NewHash { get; init; }

    /// <summary>Directories that the step makes, the uppermost first.</summary>
    public IReadOnlyList<string> Directories { get; init; } = [];

    /// <summary>The modules that are loaded along with the one that is meant, in that order, that one included.</summary>
    public IReadOnlyList<string> Modules { get; init; } = [];

    /// <summary>Other kernel parameters that the kernel changes along with this one, with their values as they were.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Others { get; init; } = [];

    /// <summary>What two entries about the same thing have in common.</summary>
    public (bool IsModule, BaselineStepKind Kind, string Target, string? Property) Key =>
        Kind is BaselineStepKind.LoadModule or BaselineStepKind.UnloadModule
            ? (true, default, Target, null) : (false, Kind, Target, Property);
}
