using System.Runtime.InteropServices;
using K8sNetfilter.Interop.Files;

namespace K8sNetfilter.Interop.Netlink;

/// <summary>socket(2) and what is done with one, as bytes: .NET's own sockets know no netlink.</summary>
internal static unsafe partial class Sockets
{
    /// <summary>Opens a socket; gives the descriptor, or the negative error number.</summary>
    internal static int Open(int domain, int type, int protocol)
    {
        int descriptor = socket(domain, type, protocol);
        return descriptor < 0 ? -Marshal.GetLastPInvokeError() : descriptor;
    }

    /// <summary>Gives it an address. Gives 0 or the error number.</summary>
    internal static int Bind(SafeDescriptor handle, void* address, uint length) =>
        bind(handle, address, length) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Reads the address that it has. Gives 0 or the error number.</summary>
    internal static int GetName(SafeDescriptor handle, void* address, uint* length) =>
        getsockname(handle, address, length) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Sets a number among its options. Gives 0 or the error number.</summary>
    internal static int SetOption(SafeDescriptor handle, int level, int name, int value) =>
        setsockopt(handle, level, name, &value, sizeof(int)) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Reads one of its options, of which the bytes say which part of it is wanted. Gives 0 or the error number.</summary>
    internal static int GetOption(SafeDescriptor handle, int level, int name, Span<byte> value)
    {
        fixed (byte* data = value)
        {
            uint length = (uint)value.Length;
            return getsockopt(handle, level, name, data, &length) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Sends a datagram; gives the number of bytes, or the negative error number.</summary>
    internal static int SendTo(SafeDescriptor handle, ReadOnlySpan<byte> datagram, void* address, uint addressLength)
    {
        fixed (byte* data = datagram)
        {
            while (true)
            {
                nint sent = sendto(handle, data, (nuint)datagram.Length, 0, address, addressLength);
                int errno = sent < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (errno != Errno.EINTR)
                {
                    return sent < 0 ? -errno : (int)sent;
                }
            }
        }
    }

    /// <summary>Receives a datagram; gives the number of bytes, or the negative error number.</summary>
    internal static int ReceiveFrom(SafeDescriptor handle, Span<byte> buffer, int flags, void* address, uint* addressLength)
    {
        fixed (byte* data = buffer)
        {
            while (true)
            {
                nint received = recvfrom(handle, data, (nuint)buffer.Length, flags, address, addressLength);
                int errno = received < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (errno != Errno.EINTR)
                {
                    return received < 0 ? -errno : (int)received;
                }
            }
        }
    }

    /// <summary>Waits until there is something to read. An interrupted wait looks like a short one.</summary>
    internal static bool WaitForInput(SafeDescriptor handle, int milliseconds)
    {
        const short POLLIN = 1;
        bool held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            var one = new PollDescriptor { Descriptor = handle.Number, Events = POLLIN };
            return poll(&one, 1, milliseconds) > 0;
        }
        finally
        {
            if (held)
            {
                handle.DangerousRelease();
            }
        }
    }

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int bind(SafeDescriptor handle, void* address, uint length);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int getsockname(SafeDescriptor handle, void* address, uint* length);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int setsockopt(SafeDescriptor handle, int level, int name, void* value, uint length);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int getsockopt(SafeDescriptor handle, int level, int name, void* value, uint* length);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial nint sendto(SafeDescriptor handle, void* data, nuint length, int flags, void* address, uint addressLength);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial nint recvfrom(SafeDescriptor handle, void* data, nuint length, int flags, void* address, uint* addressLength);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    // struct pollfd of poll(2)
    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        internal int Descriptor;
        internal short Events;
        internal short Returned;
    }
}
