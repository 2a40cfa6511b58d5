using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace K8sNetfilter.Interop.Files;

/// <summary>The capacity of a pipe, fcntl(2).</summary>
internal static partial class PipeSize
{
    private const int F_SETPIPE_SZ = 1031;

    // What /proc/sys/fs/pipe-max-size lets everybody have, pipe(7).
    private const int Bytes = 1 << 20;

    /// <summary>
    /// Makes room in a pipe, so that who writes and who reads need not wait for each other each 64 KiB. It stays as it was where the kernel
    /// refuses: a user can only have so many large pipes.
    /// </summary>
    public static void Widen(SafePipeHandle pipe) => _ = fcntl(pipe, F_SETPIPE_SZ, Bytes);

    // The argument is variadic in C: an int is passed the same way on Linux's x86-64 and arm64.
    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int fcntl(SafePipeHandle pipe, int command, nint argument);
}
