using System.Runtime.InteropServices;
using K8sNetfilter.Text;
using Microsoft.Win32.SafeHandles;

namespace K8sNetfilter.Interop.Files;

/// <summary>Extended attributes of an open file, xattr(7): security labels and access control lists among them.</summary>
internal static unsafe partial class ExtendedAttributes
{
    // XATTR_LIST_MAX and XATTR_SIZE_MAX, include/uapi/linux/limits.h.
    private const int LongestList = 65536;
    private const int LongestValue = 65536;

    /// <summary>
    /// Gives <paramref name="to"/> the attributes of <paramref name="from"/>, but for the two that vouch for the content itself. Gives 0,
    /// or the error number and the attribute that it is about.
    /// </summary>
    public static int Copy(SafeFileHandle from, SafeFileHandle to, out string attribute)
    {
        attribute = "";
        byte[] list = new byte[LongestList];
        nint length;
        fixed (byte* p = list)
        {
            length = flistxattr(from, p, LongestList);
        }

        if (length < 0)
        {
            // A file system without attributes has none to lose.
            int errno = Marshal.GetLastPInvokeError();
            return errno == Errno.EOPNOTSUPP ? 0 : errno;
        }

        byte[] value = new byte[LongestValue];
        for (int start = 0; start < length;)
        {
            int end = Array.IndexOf(list, (byte)0, start);
            attribute = ByteText.Decode(list.AsSpan(start..end));
            if (attribute is not ("security.ima" or "security.evm"))
            {
                fixed (byte* name = &list[start], v = value)
                {
                    nint size = fgetxattr(from, name, v, LongestValue);
                    if (size < 0 || (!Has(to, name, value.AsSpan(0, (int)size)) && fsetxattr(to, name, v, (nuint)size, 0) != 0))
                    {
                        return Marshal.GetLastPInvokeError();
                    }
                }
            }

            start = end + 1;
        }

        return 0;
    }

    /// <summary>
    /// True where the file has the value already, as a new file mostly has the directory's label: setting a label needs a capability
    /// that leaving it alone does not.
    /// </summary>
    private static bool Has(SafeFileHandle file, byte* name, ReadOnlySpan<byte> value)
    {
        byte[] present = new byte[LongestValue];
        fixed (byte* p = present)
        {
            nint size = fgetxattr(file, name, p, LongestValue);
            return size >= 0 && present.AsSpan(0, (int)size).SequenceEqual(value);
        }
    }

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial nint flistxattr(SafeFileHandle file, byte* list, nuint size);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial nint fgetxattr(SafeFileHandle file, byte* name, byte* value, nuint size);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int fsetxattr(SafeFileHandle file, byte* name, byte* value, nuint size, int flags);
}
