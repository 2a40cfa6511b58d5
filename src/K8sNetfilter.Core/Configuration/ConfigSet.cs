namespace K8sNetfilter.Configuration;

/// <summary>The files that a tool reads, and those that it passes over.</summary>
/// <param name="Files">What is read, in reading order.</param>
/// <param name="Replaced">What is not read, with its content, since it is evidence of what somebody wanted.</param>
public sealed record ConfigSet(IReadOnlyList<ConfigFile> Files, IReadOnlyList<ReplacedContent> Replaced)
{
    /// <summary>No files at all.</summary>
    public static ConfigSet Empty { get; } = new([], []);
}
