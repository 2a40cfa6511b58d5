using System.Globalization;

namespace K8sNetfilter.Configuration;

/// <summary>A place in a configuration file. Prints as <c>file:line</c>.</summary>
/// <param name="File">The file's path as the node names it (without the <c>-Root</c> in front).</param>
/// <param name="Line">The line, counted from 1; 0 where the whole file is meant, as for the kernel command line.</param>
public sealed record SourceLine(string File, int Line)
{
    /// <inheritdoc/>
    public override string ToString() =>
        Line == 0 ? File : string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}");
}
