using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>A program that sets a kernel parameter after the boot's sysctl files were applied.</summary>
/// <param name="Program">Its name, as the subject of a sentence.</param>
/// <param name="Path">The key below /proc/sys; with <c>*</c> at its end all that start so.</param>
/// <param name="Value">What it sets; null where that is not known.</param>
public sealed record LaterSysctl(string Program, string Path, string? Value)
{
    /// <summary>The line that makes the program do so; null where it does so by itself.</summary>
    public SourceLine? Source { get; init; }

    /// <summary>True where files say that it sets the value at every boot; false where it may.</summary>
    public bool IsCertain { get; init; }

    /// <summary>True for a program that leaves alone what a file below /etc or /run sets.</summary>
    public bool LeavesFiles { get; init; }

    /// <summary>
    /// True for a program that a requirement can't rest on, since it stops where the value is not there before it starts: kubelet with
    /// <c>protectKernelDefaults</c>.
    /// </summary>
    public bool IsOnlyNamed { get; init; }

    /// <summary>True where it is about a key.</summary>
    public bool IsAbout(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Path.EndsWith('*') ? path.StartsWith(Path[..^1], StringComparison.Ordinal) : path == Path;
    }
}
