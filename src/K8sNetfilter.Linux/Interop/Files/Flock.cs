using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace K8sNetfilter.Interop.Files;

/// <summary>flock(2).</summary>
internal static partial class Flock
{
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;

    /// <summary>Takes the file's exclusive lock if nobody has it. Gives 0, EAGAIN where somebody has it, or another error number.</summary>
    public static int TryTake(SafeFileHandle file) => flock(file, LOCK_EX | LOCK_NB) == 0 ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);
}
