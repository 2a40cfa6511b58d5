using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Files;
using Microsoft.Win32.SafeHandles;

namespace K8sNetfilter.IO;

/// <summary>Reads a file whole, but never more than a limit.</summary>
internal static class BoundedFile
{
    /// <summary>The most that is read of one configuration file: far more than anybody writes, far less than memory.</summary>
    public const int LargestConfiguration = 16 << 20;

    /// <summary>
    /// Reads an open file from where it stands to its end. Gives null and the error number when the kernel refuses, EFBIG where it is
    /// longer than
    /// <paramref name="limit"/>.
    /// </summary>
    public static byte[]? ReadAll(SafeFileHandle file, int limit, out int errno)
    {
        int fd = (int)file.DangerousGetHandle();
        byte[] buffer = new byte[8192];
        int length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length > limit)
                {
                    errno = Errno.EFBIG;
                    return null;
                }

                Array.Resize(ref buffer, Math.Min(buffer.Length * 4, limit + 1));
            }

            int n = ReadWrite.Read(fd, buffer.AsSpan(length));
            if (n <= 0)
            {
                errno = -n;
                GC.KeepAlive(file);
                return n < 0 ? null : buffer[..length];
            }

            length += n;
            if (length > limit)
            {
                errno = Errno.EFBIG;
                return null;
            }
        }
    }
}
