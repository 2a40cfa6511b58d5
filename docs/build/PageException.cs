namespace K8sNetfilter.HelpBuild;

/// <summary>A page that help cannot be made from; the message is in the form that MSBuild shows as an error of the file.</summary>
internal sealed class PageException(string file, string message) : Exception($"{file}: error HELP0001: {message}");
