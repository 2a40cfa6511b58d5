using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop;

internal static unsafe partial class LibC
{
    /// <summary>CLONE_NEWNET of setns(2) and unshare(2).</summary>
    internal const int CLONE_NEWNET = 0x40000000;

    /// <summary>O_NONBLOCK of open(2).</summary>
    internal const int O_NONBLOCK = 0x800;

    /// <summary>O_CLOEXEC of open(2).</summary>
    internal const int O_CLOEXEC = 0x80000;

    // _IO(0xb7, 3), include/uapi/linux/nsfs.h
    private const uint NS_GET_NSTYPE = 0xb703;

    /// <summary>open(2), of a file that exists.</summary>
    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    /// <summary>setns(2): moves the calling thread.</summary>
    [LibraryImport(Library, EntryPoint = "setns", SetLastError = true)]
    internal static partial int SetNamespace(SafeDescriptor descriptor, int kind);

    /// <summary>unshare(2): gives the calling thread a namespace of its own.</summary>
    [LibraryImport(Library, EntryPoint = "unshare", SetLastError = true)]
    internal static partial int Unshare(int flags);

    /// <summary>readlink(2).</summary>
    [LibraryImport(Library, EntryPoint = "readlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ReadLink(string path, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeDescriptor descriptor, nuint request);

    /// <summary>The kind of namespace that a descriptor is of, as a CLONE_NEW… flag; negative where it is of none.</summary>
    internal static int NamespaceKind(SafeDescriptor descriptor) => Control(descriptor, NS_GET_NSTYPE);
}
