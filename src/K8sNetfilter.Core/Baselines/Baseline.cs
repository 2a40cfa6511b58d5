using K8sNetfilter.Text;

namespace K8sNetfilter.Baselines;

/// <summary>What a node should be: a named list of requirements.</summary>
public sealed record Baseline
{
    /// <summary>The name that <c>extends</c> and the cmdlets use.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for, in a sentence.</summary>
    public string? Description { get; init; }

    /// <summary>The file that it was read from, or <c>shipped</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The baselines that it builds on, by name or by path relative to its own file.</summary>
    public ValueList<string> Extends { get; init; } = [];

    /// <summary>The requirements, in the order of the file. A resolved baseline also has those of the ones that it extends.</summary>
    public ValueList<BaselineRequirement> Requirements { get; init; } = [];

    /// <summary>The baseline as JSON, which can be kept as a file and given by its path.</summary>
    public string ToJson() => BaselineWriter.ToJson(this);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
