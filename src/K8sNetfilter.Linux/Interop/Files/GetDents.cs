using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Files;

/// <summary>getdents64(2): what is in a directory, with each entry's type, and no further call per entry.</summary>
internal static unsafe partial class GetDents
{
    /// <summary>d_type for a directory, readdir(3).</summary>
    public const byte DT_DIR = 4;

    private const int NameOffset = 19;

    private static readonly int CallNumber = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 217,
        Architecture.Arm64 => 61,
        var other => throw new PlatformNotSupportedException(other.ToString()),
    };

    /// <summary>
    /// Fills <paramref name="buffer"/> with entries; gives their size in bytes (0 at the end), or the negative error number.
    /// </summary>
    public static int Read(int fd, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            nint n = syscall(CallNumber, fd, p, (nuint)buffer.Length);
            return n < 0 ? -Marshal.GetLastPInvokeError() : (int)n;
        }
    }

    /// <summary>
    /// Takes the first entry off <paramref name="entries"/>: its type and its name without the NUL that follows it in the buffer
    /// (struct linux_dirent64). False at the end.
    /// </summary>
    public static bool Next(ref ReadOnlySpan<byte> entries, out byte type, out ReadOnlySpan<byte> name)
    {
        if (entries.Length <= NameOffset)
        {
            type = 0;
            name = default;
            return false;
        }

        int length = BitConverter.ToUInt16(entries[16..]);
        type = entries[18];
        name = entries[NameOffset..length];
        name = name[..name.IndexOf((byte)0)];
        entries = entries[length..];
        return true;
    }

    [LibraryImport(LibraryNames.LibC, SetLastError = true)]
    private static partial nint syscall(nint number, int fd, byte* buffer, nuint size);
}
