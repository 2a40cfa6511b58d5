using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Files;

/// <summary>statx(2): the one stat call whose structure is the same on every architecture (include/uapi/linux/stat.h).</summary>
internal static unsafe partial class Statx
{
    private const int AT_FDCWD = -100;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const int AT_NO_AUTOMOUNT = 0x800;
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_BASIC_STATS = 0x7ff;

    /// <summary>
    /// What kind of file <paramref name="name"/> in <paramref name="directory"/> is; a link is not followed and nothing is mounted.
    /// Gives 0 or the error number.
    /// </summary>
    public static int Of(SafeHandle directory, string name, out FileStatus status)
    {
        using var path = new PathName(name, stackalloc byte[PathName.UsualSize]);
        fixed (byte* p = path)
        {
            return Convert(statx(directory, p, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, out var raw), raw, out status);
        }
    }

    /// <summary>What kind of file a path leads to; links are followed, nothing is mounted. Gives 0 or the error number.</summary>
    public static int Of(string path, out FileStatus status)
    {
        using var name = new PathName(path, stackalloc byte[PathName.UsualSize]);
        fixed (byte* p = name)
        {
            return Convert(statx(AT_FDCWD, p, AT_NO_AUTOMOUNT, STATX_BASIC_STATS, out var raw), raw, out status);
        }
    }

    /// <summary>
    /// What kind of file a path is, itself and not what a link at its end leads to; nothing is mounted. Gives 0 or the error number.
    /// </summary>
    public static int OfLink(string path, out FileStatus status)
    {
        using var name = new PathName(path, stackalloc byte[PathName.UsualSize]);
        fixed (byte* p = name)
        {
            return Convert(statx(AT_FDCWD, p, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, out var raw), raw, out status);
        }
    }

    /// <summary>What an open file is. Gives 0 or the error number.</summary>
    public static int Of(SafeHandle file, out FileStatus status)
    {
        byte empty = 0;
        return Convert(statx(file, &empty, AT_EMPTY_PATH, STATX_BASIC_STATS, out var raw), raw, out status);
    }

    private static int Convert(int result, in Layout raw, out FileStatus status)
    {
        status = new FileStatus(raw.Mode, raw.Uid, raw.Gid, raw.Size, raw.Inode, Device(raw.DeviceMajor, raw.DeviceMinor),
            Device(raw.SpecialMajor, raw.SpecialMinor)) { Attributes = raw.Attributes };
        return result == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    private static ulong Device(uint major, uint minor) => ((ulong)major << 32) | minor;

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int statx(SafeHandle directory, byte* path, int flags, uint mask, out Layout status);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int statx(int directory, byte* path, int flags, uint mask, out Layout status);

    /// <summary>struct statx.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Layout
    {
        [FieldOffset(8)]
        public ulong Attributes;

        [FieldOffset(20)]
        public uint Uid;

        [FieldOffset(24)]
        public uint Gid;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(128)]
        public uint SpecialMajor;

        [FieldOffset(132)]
        public uint SpecialMinor;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
