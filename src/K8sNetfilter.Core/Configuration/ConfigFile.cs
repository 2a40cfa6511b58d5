namespace K8sNetfilter.Configuration;

/// <summary>One configuration file as it was read, byte for byte.</summary>
/// <param name="Path">The path as the node names it, e.g. <c>/etc/sysctl.d/k8s.conf</c> (without the <c>-Root</c> in front).</param>
/// <param name="Content">The bytes. Empty for a file that masks another (a link to /dev/null, or an empty file).</param>
public sealed record ConfigFile(string Path, ReadOnlyMemory<byte> Content)
{
    /// <summary>The base name, which decides order and precedence among configuration directories.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The path with all links followed; the same as <see cref="Path"/> where there are none or it is not known.</summary>
    public string RealPath { get; init; } = Path;

    /// <summary>
    /// Why the content could not be read, as an end of a sentence (<c>it is a directory</c>); null for a file that was read.
    /// </summary>
    public string? Problem { get; init; }

    /// <summary>True where the file is a link to /dev/null: it masks the files of its name in the directories behind its own.</summary>
    public bool IsMask { get; init; }
}
