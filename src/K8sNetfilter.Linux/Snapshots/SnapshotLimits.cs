namespace K8sNetfilter.Snapshots;

/// <summary>How much of a snapshot is taken in. A node of 50,000 Services and a million connections stays far below; a bomb does not.</summary>
internal static class SnapshotLimits
{
    /// <summary>The most bytes of one file.</summary>
    public const long File = 512L << 20;

    /// <summary>The most bytes of all files of an archive, unpacked.</summary>
    public const long Total = 1L << 30;

    /// <summary>The most entries of an archive, and names of a folder.</summary>
    public const int Entries = 200_000;

    /// <summary>The most folders in one another.</summary>
    public const int Depth = 32;

    /// <summary>The longest path, in characters.</summary>
    public const int Path = 1024;

    /// <summary>The most links that are followed one after another, as the kernel has it (MAXSYMLINKS).</summary>
    public const int Links = 40;

    /// <summary>The most bytes of an archive's extended header: it holds a name or two.</summary>
    public const int ExtendedHeader = 64 << 10;

    /// <summary>The most bytes of a JSON document: 100,000 links with all details.</summary>
    public const int Json = 256 << 20;

    /// <summary>The deepest nesting of a JSON document; that of ip(8) is at most six.</summary>
    public const int JsonDepth = 32;
}
