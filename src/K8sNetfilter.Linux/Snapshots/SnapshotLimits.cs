namespace K8sNetfilter.Snapshots;

/// <summary>
/// How much of a snapshot is taken in. A node of 50,000 Services and a million connections stays far below; a bomb does not. All of it
/// together keeps the reading of 64 MiB within 512 MiB of memory, whatever they are.
/// </summary>
internal static class SnapshotLimits
{
    /// <summary>The most bytes of one file.</summary>
    public const long File = 256L << 20;

    /// <summary>The most bytes of all files of an archive with their headers, unpacked.</summary>
    public const long Total = 512L << 20;

    /// <summary>The most bytes of an archive's files that are kept as they are; further ones are kept compressed.</summary>
    public const long Kept = 48L << 20;

    /// <summary>The most bytes of an archive's files that are kept at all.</summary>
    public const long Memory = 128L << 20;

    /// <summary>The most files and folders of an archive, and names of a folder.</summary>
    public const int Entries = 100_000;

    /// <summary>The most characters of all names of an archive.</summary>
    public const int Names = 8 << 20;

    /// <summary>The most folders in one another.</summary>
    public const int Depth = 32;

    /// <summary>The longest path, in characters.</summary>
    public const int Path = 1024;

    /// <summary>The most links that are followed one after another, as the kernel has it (MAXSYMLINKS).</summary>
    public const int Links = 40;

    /// <summary>The most bytes of an archive's extended header: it holds a name or two.</summary>
    public const int ExtendedHeader = 64 << 10;

    /// <summary>The most bytes of a text that is short on every node.</summary>
    public const int Text = 4 << 20;

    /// <summary>The most bytes of a text with lines for each link, address or socket of a node.</summary>
    public const int Listing = 32 << 20;

    /// <summary>The most bytes of a configuration file.</summary>
    public const int Configuration = 2 << 20;

    /// <summary>The most bytes of all configuration files.</summary>
    public const int AllConfiguration = 16 << 20;

    /// <summary>The most bytes of an index of modules; a distribution's largest has two million.</summary>
    public const int ModuleIndex = 4 << 20;

    /// <summary>The most bytes of a JSON document: 15,000 links with all details.</summary>
    public const int Json = 32 << 20;

    /// <summary>The deepest nesting of a JSON document; that of ip(8) is at most six.</summary>
    public const int JsonDepth = 32;

    /// <summary>The most values of a JSON document, its keys and brackets included.</summary>
    public const int JsonValues = 2_250_000;

    /// <summary>The most bytes of the output of nft: 150,000 rules.</summary>
    public const int Nft = 96 << 20;

    /// <summary>The most values of the output of nft.</summary>
    public const int NftValues = 4_000_000;

    /// <summary>The most lines of a text.</summary>
    public const int Lines = 300_000;

    /// <summary>The most values and lines of all files that are read whole.</summary>
    public const int AllValues = 4_000_000;

    /// <summary>The most lines of an index of modules.</summary>
    public const int ModuleLines = 150_000;

    /// <summary>The most bytes of a snapshot's own list of its files.</summary>
    public const int Mark = 16 << 20;

    /// <summary>The most files that are named as lost; one is enough to know that the snapshot is not whole.</summary>
    public const int Lost = 1000;

    /// <summary>The most connections that are followed through the events of <c>conntrack -E</c>.</summary>
    public const int Events = 300_000;

    /// <summary>The most elements of all sets of ipset.</summary>
    public const int IpsetElements = 2_000_000;

    /// <summary>The most bytes of all dumps of rules.</summary>
    public const int Rules = 128 << 20;

    /// <summary>The most tables of all dumps of rules.</summary>
    public const int RuleTables = 1000;

    /// <summary>The most chains of all dumps of rules.</summary>
    public const int RuleChains = 300_000;

    /// <summary>The most rules of all dumps of rules.</summary>
    public const int RuleCount = 900_000;
}
