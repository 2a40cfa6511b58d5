namespace K8sNetfilter.Interop.Files;

/// <summary>What a file is: the parts of struct statx that matter here.</summary>
/// <param name="Mode">Type and permissions, inode(7).</param>
/// <param name="Uid">The owner.</param>
/// <param name="Gid">The group.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Inode">The number that is unique on its device.</param>
/// <param name="Device">The file system: major number in the upper half, minor in the lower.</param>
/// <param name="Special">For a device file the device that it stands for, likewise.</param>
internal readonly record struct FileStatus(uint Mode, uint Uid, uint Gid, ulong Size, ulong Inode, ulong Device, ulong Special)
{
    private const uint S_IFMT = 0xf000;
    private const uint S_IFLNK = 0xa000;
    private const uint S_IFREG = 0x8000;
    private const uint S_IFDIR = 0x4000;
    private const uint S_IFCHR = 0x2000;

    /// <summary>STATX_ATTR_IMMUTABLE and STATX_ATTR_APPEND of stx_attributes: what no right overrides.</summary>
    private const ulong Immutable = 0x10 | 0x20;

    /// <summary>stx_attributes; 0 where the file system has none.</summary>
    public ulong Attributes { get; init; }

    /// <summary>Whether chattr(1) has made it immutable, or a file that can only grow.</summary>
    public bool IsImmutable => (Attributes & Immutable) != 0;

    public bool IsLink => (Mode & S_IFMT) == S_IFLNK;

    public bool IsRegular => (Mode & S_IFMT) == S_IFREG;

    public bool IsDirectory => (Mode & S_IFMT) == S_IFDIR;

    /// <summary>/dev/null is character device 1:3 (Documentation/admin-guide/devices.txt).</summary>
    public bool IsNullDevice => (Mode & S_IFMT) == S_IFCHR && Special == ((1ul << 32) | 3);

    /// <summary>The permission bits.</summary>
    public uint Permissions => Mode & 0xfff;
}
