namespace K8sNetfilter.Configuration;

/// <summary>The names that one configuration directory holds.</summary>
/// <param name="Path">The directory's path as the node names it, e.g. <c>/etc/sysctl.d</c>.</param>
/// <param name="Names">The base names in it, in any order.</param>
public sealed record ConfigDirectory(string Path, IReadOnlyList<string> Names);
