using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace K8sNetfilter.Interop.Files;

/// <summary>openat(2), close(2), mkdirat(2) and faccessat(2).</summary>
internal static unsafe partial class OpenAt
{
    public const int AT_FDCWD = -100;

    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_NOCTTY = 0x100;
    public const int O_TRUNC = 0x200;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;
    public const int O_PATH = 0x200000;

    private const int W_OK = 2;

    // The only two flags used here that differ between x86 (asm-generic) and arm64 (arch/arm64/include/uapi/asm/fcntl.h).
    public static readonly int O_DIRECTORY = IsArm ? 0x4000 : 0x10000;
    public static readonly int O_NOFOLLOW = IsArm ? 0x8000 : 0x20000;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    /// <summary>Opens a file; gives the descriptor, or the negative error number. O_CLOEXEC is always set.</summary>
    public static int Open(int directory, ReadOnlySpan<char> path, int flags, uint mode = 0)
    {
        using var name = new PathName(path, stackalloc byte[PathName.UsualSize]);
        fixed (byte* p = name)
        {
            return Open(directory, p, flags, mode);
        }
    }

    /// <summary>The same for a path that is already bytes ending with a NUL.</summary>
    public static int Open(int directory, byte* path, int flags, uint mode = 0)
    {
        while (true)
        {
            int fd = openat(directory, path, flags | O_CLOEXEC, mode);
            int errno = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (errno != Errno.EINTR)
            {
                return fd < 0 ? -errno : fd;
            }
        }
    }

    /// <summary>Opens a file into a handle that closes it; null and the error number when that failed.</summary>
    public static SafeFileHandle? TryOpen(SafeFileHandle? directory, ReadOnlySpan<char> path, int flags, uint mode, out int errno)
    {
        bool held = false;
        try
        {
            directory?.DangerousAddRef(ref held);
            int fd = Open(directory is null ? AT_FDCWD : (int)directory.DangerousGetHandle(), path, flags, mode);
            errno = fd < 0 ? -fd : 0;
            return fd < 0 ? null : new SafeFileHandle(fd, ownsHandle: true);
        }
        finally
        {
            if (held)
            {
                directory!.DangerousRelease();
            }
        }
    }

    /// <summary>Makes a directory; gives 0 or the error number.</summary>
    public static int MakeDirectory(SafeFileHandle directory, string name, uint mode)
    {
        using var bytes = new PathName(name, stackalloc byte[PathName.UsualSize]);
        fixed (byte* p = bytes)
        {
            return mkdirat(directory, p, mode) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>
    /// Whether a file may be written to, without opening it: 0 or the error number, EROFS for a read-only mount (fs/open.c, do_faccessat).
    /// </summary>
    public static int MayWrite(string path)
    {
        using var bytes = new PathName(path, stackalloc byte[PathName.UsualSize]);
        fixed (byte* p = bytes)
        {
            return faccessat(AT_FDCWD, p, W_OK, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Closes a descriptor. Linux frees it whatever close(2) answers, so the answer is of no use.</summary>
    public static void Close(int fd) => _ = close(fd);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int openat(int directory, byte* path, int flags, uint mode);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int mkdirat(SafeFileHandle directory, byte* path, uint mode);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int faccessat(int directory, byte* path, int mode, int flags);

    [LibraryImport(LibraryNames.LibC)]
    private static partial int close(int fd);
}
