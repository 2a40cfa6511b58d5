namespace K8sNetfilter.Configuration;

/// <summary>A file that is not read, with what is in it.</summary>
/// <param name="File">The file.</param>
/// <param name="By">The path of the file of the same name that is read in its place.</param>
public sealed record ReplacedContent(ConfigFile File, string By);
