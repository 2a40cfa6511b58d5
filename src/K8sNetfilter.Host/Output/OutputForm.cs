namespace K8sNetfilter.Host.Output;

/// <summary>How objects are written to standard output.</summary>
internal enum OutputForm
{
    /// <summary>As tables and lists, like pwsh.</summary>
    Formatted,

    /// <summary>One JSON object a line.</summary>
    JsonLines,

    /// <summary>Not at all: only the exit code and the errors count.</summary>
    None,
}
