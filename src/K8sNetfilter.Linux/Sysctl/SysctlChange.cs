namespace K8sNetfilter.Sysctl;

/// <summary>What a change of a kernel parameter will do, before anything is done: what <c>-WhatIf</c> prints.</summary>
public sealed class SysctlChange
{
    private readonly List<string> _steps = [];
    private readonly List<string> _warnings = [];

    internal SysctlChange(string path) => Path = path;

    /// <summary>The key's dotted name.</summary>
    public string Name => SysctlKey.ToName(Path);

    /// <summary>The steps in words; none where all is as it should be.</summary>
    public IReadOnlyList<string> Steps => _steps;

    /// <summary>What the change will not achieve, each a sentence: a line that loses at boot, for one.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The key's path below /proc/sys.</summary>
    public string Path { get; }

    /// <summary>The value that is written to the running kernel; null for none.</summary>
    internal string? LiveValue { get; set; }

    /// <summary>What the key holds now; null where that can't be read.</summary>
    internal string? OldValue { get; set; }

    /// <summary>The files to change, and how.</summary>
    internal List<(string Path, Func<byte[]?, byte[]?> Edit)> Edits { get; } = [];

    internal void Step(string text) => _steps.Add(text);

    internal void Warn(string text) => _warnings.Add(text);
}
