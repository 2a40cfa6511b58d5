using K8sNetfilter.Host.Interop;

namespace K8sNetfilter.Host.Output;

/// <summary>Where a run of k8snf writes: its two streams, and how wide a line may be.</summary>
internal sealed class ConsoleStreams : IDisposable
{
    private const int WidthWithoutTerminal = 120;

    /// <summary>Standard output.</summary>
    public StandardStream Out { get; } = new(1);

    /// <summary>Standard error.</summary>
    public StandardStream Error { get; } = new(2);

    /// <summary>The columns of a line: the terminal's, or 120 where the output goes elsewhere.</summary>
    public int Width => Out.IsTerminal && Libc.Width(1) is > 0 and var width ? width : WidthWithoutTerminal;

    /// <summary>Writes a line to standard error, after everything that was written to standard output before it.</summary>
    public void WriteError(string text, string? colour = null)
    {
        Out.Flush();
        Error.Write(colour is null || !Error.HasColour ? text : $"{colour}{text}\x1b[0m", endLine: true);
        Error.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Out.Dispose();
        Error.Dispose();
    }
}
