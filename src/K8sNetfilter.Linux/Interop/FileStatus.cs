namespace K8sNetfilter.Interop;

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

    public bool IsLink => (Mode & S_IFMT) == S_IFLNK;

    public bool IsRegular => (Mode & S_IFMT) == S_IFREG;

    public bool IsDirectory => (Mode & S_IFMT) == S_IFDIR;

    /// <summary>/dev/null is character device 1:3 (Documentation/admin-guide/devices.txt).</summary>
    public bool IsNullDevice => (Mode & S_IFMT) == S_IFCHR && Special == ((1ul << 32) | 3);

    /// <summary>The permission bits.</summary>
    public uint Permissions => Mode & 0xfff;
}
