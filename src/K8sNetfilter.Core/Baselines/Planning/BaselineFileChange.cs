namespace K8sNetfilter.Baselines.Planning;

/// <summary>A change of one file for one goal.</summary>
internal sealed record BaselineFileChange(BaselineGoal For, string Path, byte[]? Original, Func<byte[]?, byte[]> Edit, string What,
    bool IsSetting, int Round);
