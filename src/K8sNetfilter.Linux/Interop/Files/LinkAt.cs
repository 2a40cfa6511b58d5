using System.Runtime.InteropServices;
using K8sNetfilter.Text;
using Microsoft.Win32.SafeHandles;

namespace K8sNetfilter.Interop.Files;

/// <summary>What changes or reads names in a directory: readlinkat(2), renameat(2), unlinkat(2).</summary>
internal static unsafe partial class LinkAt
{
    /// <summary>The longest link text, PATH_MAX.</summary>
    private const int LongestLink = 4096;

    /// <summary>What a symbolic link says; null and the error number when it can't be read.</summary>
    public static string? ReadLink(SafeFileHandle directory, string name, out int errno)
    {
        using var path = new PathName(name, stackalloc byte[PathName.UsualSize]);
        byte* text = stackalloc byte[LongestLink];
        fixed (byte* p = path)
        {
            nint length = readlinkat(directory, p, text, LongestLink);
            errno = length < 0 ? Marshal.GetLastPInvokeError() : 0;
            return length < 0 ? null : ByteText.Decode(new ReadOnlySpan<byte>(text, (int)length));
        }
    }

    /// <summary>Renames within one directory, replacing <paramref name="to"/>. Gives 0 or the error number.</summary>
    public static int Rename(SafeFileHandle directory, string from, string to)
    {
        using var oldName = new PathName(from, stackalloc byte[PathName.UsualSize]);
        using var newName = new PathName(to, stackalloc byte[PathName.UsualSize]);
        fixed (byte* o = oldName, n = newName)
        {
            return renameat(directory, o, directory, n) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Removes a name. Gives 0 or the error number.</summary>
    public static int Unlink(SafeFileHandle directory, string name)
    {
        using var path = new PathName(name, stackalloc byte[PathName.UsualSize]);
        fixed (byte* p = path)
        {
            return unlinkat(directory, p, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Removes a directory that is empty. Gives 0 or the error number.</summary>
    public static int RemoveDirectory(SafeFileHandle directory, string name)
    {
        const int AT_REMOVEDIR = 0x200;
        using var path = new PathName(name, stackalloc byte[PathName.UsualSize]);
        fixed (byte* p = path)
        {
            return unlinkat(directory, p, AT_REMOVEDIR) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial nint readlinkat(SafeFileHandle directory, byte* path, byte* buffer, nuint size);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int renameat(SafeFileHandle oldDirectory, byte* oldPath, SafeFileHandle newDirectory, byte* newPath);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int unlinkat(SafeFileHandle directory, byte* path, int flags);
}
