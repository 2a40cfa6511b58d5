using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Files;

/// <summary>unshare(2), setns(2), and what the files of namespaces say of themselves (ioctl_ns(2)).</summary>
internal static unsafe partial class NamespaceFile
{
    /// <summary>The kind of a mount namespace.</summary>
    internal const int CLONE_NEWNS = 0x20000;

    /// <summary>The kind of a network namespace.</summary>
    internal const int CLONE_NEWNET = 0x40000000;

    // _IO(0xb7, 3), include/uapi/linux/nsfs.h
    private const uint NS_GET_NSTYPE = 0xb703;

    /// <summary>Gives the calling thread a namespace of its own. Gives 0 or the error number.</summary>
    internal static int Unshare(int kind) => unshare(kind) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Moves the calling thread. Gives 0 or the error number.</summary>
    internal static int Enter(SafeDescriptor descriptor, int kind) => setns(descriptor, kind) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>The kind of namespace that a descriptor is of; negative where it is of none.</summary>
    internal static int KindOf(SafeDescriptor descriptor) => ioctl(descriptor, NS_GET_NSTYPE);

    /// <summary>
    /// Reads where a link such as /proc/PID/ns/net leads, readlink(2); gives the number of bytes, or the negative error number.
    /// </summary>
    internal static int ReadLink(string path, Span<byte> buffer)
    {
        fixed (byte* text = buffer)
        {
            nint length = readlink(path, text, (nuint)buffer.Length);
            return length < 0 ? -Marshal.GetLastPInvokeError() : (int)length;
        }
    }

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int setns(SafeDescriptor descriptor, int kind);

    [LibraryImport(LibraryNames.LibC)]
    private static partial int ioctl(SafeDescriptor descriptor, nuint request);

    [LibraryImport(LibraryNames.LibC, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint readlink(string path, byte* buffer, nuint length);
}
