namespace K8sNetfilter.Modules;

/// <summary>What a change of a module will do, before anything is done: what <c>-WhatIf</c> prints.</summary>
public sealed class ModulePlan
{
    private readonly List<string> _steps = [];
    private readonly List<string> _warnings = [];

    internal ModulePlan(string name, bool isEnable)
    {
        Name = name;
        IsEnable = isEnable;
    }

    /// <summary>The module, as the kernel shows its name.</summary>
    public string Name { get; }

    /// <summary>The steps in words; none where all is as it should be.</summary>
    public IReadOnlyList<string> Steps => _steps;

    /// <summary>Why there is nothing to do, in a sentence; null where there is something.</summary>
    public string? NothingBecause { get; internal set; }

    /// <summary>What is worth a warning already.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    internal bool IsEnable { get; }

    internal bool TouchesKernel { get; set; }

    internal string Parameters { get; set; } = "";

    /// <summary>The modules that loading this one can load.</summary>
    internal HashSet<string> Brings { get; } = new(StringComparer.Ordinal);

    internal List<(string Path, Func<byte[]?, byte[]?> Edit)> Edits { get; } = [];

    internal void Step(string text) => _steps.Add(text);

    internal void Warn(string text) => _warnings.Add(text);
}
