namespace K8sNetfilter.Baselines;

/// <summary>How large a baseline file may be. A baseline of every shipped requirement is below 20 KiB; files are hostile until read.</summary>
public static class DataLimits
{
    /// <summary>The most bytes a file may have.</summary>
    public const int MaximumBytes = 1024 * 1024;

    /// <summary>How deep values may be nested. The schema needs 5.</summary>
    public const int MaximumDepth = 16;

    /// <summary>How many requirements a resolved baseline may have.</summary>
    public const int MaximumRequirements = 10_000;
}
