using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace K8sNetfilter.Interop.Files;

/// <summary>fsync(2).</summary>
internal static partial class Fsync
{
    /// <summary>Waits until the file, or a directory's names, are on the disk. Gives 0 or the error number.</summary>
    public static int Wait(SafeFileHandle file)
    {
        while (fsync(file) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.EINTR)
            {
                return errno;
            }
        }

        return 0;
    }

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);
}
