using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Files;

/// <summary>read(2) and write(2) on bare descriptors: files of /proc want exactly one call at offset 0, and the fewer the better.</summary>
internal static unsafe partial class ReadWrite
{
    /// <summary>Reads once; gives the number of bytes (0 at the end), or the negative error number.</summary>
    public static int Read(int fd, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            while (true)
            {
                nint n = read(fd, p, (nuint)buffer.Length);
                int errno = n < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (errno != Errno.EINTR)
                {
                    return n < 0 ? -errno : (int)n;
                }
            }
        }
    }

    /// <summary>Writes once; gives the number of bytes taken, or the negative error number.</summary>
    public static int Write(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes)
        {
            while (true)
            {
                nint n = write(fd, p, (nuint)bytes.Length);
                int errno = n < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (errno != Errno.EINTR)
                {
                    return n < 0 ? -errno : (int)n;
                }
            }
        }
    }

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial nint read(int fd, byte* buffer, nuint count);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial nint write(int fd, byte* buffer, nuint count);
}
