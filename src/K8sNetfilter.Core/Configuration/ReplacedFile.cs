namespace K8sNetfilter.Configuration;

/// <summary>A configuration file that is not read.</summary>
/// <param name="Path">The file.</param>
/// <param name="By">The file of the same name, in a directory of higher precedence, that is read in its place.</param>
public sealed record ReplacedFile(string Path, string By);
