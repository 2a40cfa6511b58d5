using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace K8sNetfilter.Interop.Files;

/// <summary>fchown(2) and fchmod(2).</summary>
internal static partial class Ownership
{
    /// <summary>Sets owner and group. Gives 0 or the error number.</summary>
    public static int Change(SafeFileHandle file, uint uid, uint gid) => fchown(file, uid, gid) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Sets the permissions. Gives 0 or the error number.</summary>
    public static int ChangeMode(SafeFileHandle file, uint mode) => fchmod(file, mode) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>The user that the kernel takes this process for.</summary>
    public static uint EffectiveUser => geteuid();

    [LibraryImport(LibraryNames.LibC)]
    private static partial uint geteuid();

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int fchown(SafeFileHandle file, uint uid, uint gid);

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial int fchmod(SafeFileHandle file, uint mode);
}
