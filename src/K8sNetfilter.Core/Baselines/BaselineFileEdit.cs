namespace K8sNetfilter.Baselines;

/// <summary>A file before and after a step of a plan.</summary>
/// <param name="Path">The file, with links followed, as the node names it.</param>
/// <param name="Before">Its content when the plan was made; null where there was no such file.</param>
/// <param name="After">Its content afterwards.</param>
public sealed record BaselineFileEdit(string Path, byte[]? Before, byte[] After);
