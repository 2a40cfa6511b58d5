using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop;

/// <summary>The C library's functions that this floor calls, a file for each subject.</summary>
internal static unsafe partial class LibC
{
    /// <summary>The C library, as the runtime finds it on glibc and musl.</summary>
    internal const string Library = "libc";

    /// <summary>socket(2).</summary>
    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int domain, int type, int protocol);

    /// <summary>bind(2).</summary>
    [LibraryImport(Library, EntryPoint = "bind", SetLastError = true)]
    internal static partial int Bind(SafeDescriptor socket, void* address, uint length);

    /// <summary>getsockname(2).</summary>
    [LibraryImport(Library, EntryPoint = "getsockname", SetLastError = true)]
    internal static partial int GetSocketName(SafeDescriptor socket, void* address, uint* length);

    /// <summary>setsockopt(2).</summary>
    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetSocketOption(SafeDescriptor socket, int level, int name, void* value, uint length);

    /// <summary>sendto(2).</summary>
    [LibraryImport(Library, EntryPoint = "sendto", SetLastError = true)]
    internal static partial nint SendTo(SafeDescriptor socket, void* data, nuint length, int flags, void* address, uint addressLength);

    /// <summary>recvfrom(2).</summary>
    [LibraryImport(Library, EntryPoint = "recvfrom", SetLastError = true)]
    internal static partial nint ReceiveFrom(SafeDescriptor socket, void* data, nuint length, int flags, void* address, uint* addressLength);

    /// <summary>poll(2).</summary>
    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);

    /// <summary>close(2).</summary>
    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    /// <summary>struct pollfd of poll(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        internal int Descriptor;
        internal short Events;
        internal short Returned;
    }
}
