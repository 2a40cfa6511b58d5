using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace K8sNetfilter.Host.Interop;

/// <summary>The few calls that .NET does not offer, or only with its whole console.</summary>
internal static unsafe partial class Libc
{
    private const nuint TIOCGWINSZ = 0x5413;
    private const short POLLOUT = 4;
    private const uint MFD_CLOEXEC = 1;
    private const int EPERM = 1;
    private const int EINTR = 4;
    private const int EACCES = 13;

    /// <summary>EPIPE.</summary>
    public const int BrokenPipe = 32;

    private const int EAGAIN = 11;

    /// <summary>True where the descriptor is a terminal, isatty(3).</summary>
    public static bool IsTerminal(int descriptor) => OperatingSystem.IsLinux() && isatty(descriptor) == 1;

    /// <summary>The terminal's width in columns, ioctl_tty(2); 0 where it has none.</summary>
    public static int Width(int descriptor)
    {
        WindowSize size = default;
        return OperatingSystem.IsLinux() && ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.Columns : 0;
    }

    /// <summary>Writes all of it. A descriptor that somebody made non-blocking (a terminal shared with other programs) is waited for.</summary>
    /// <returns>0, or the error's number: <see cref="BrokenPipe"/> where nobody reads any more.</returns>
    public static int WriteAll(int descriptor, ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
        {
            byte* next = start;
            nint left = data.Length;
            while (left > 0)
            {
                nint written = write(descriptor, next, left);
                if (written >= 0)
                {
                    next += written;
                    left -= written;
                    continue;
                }

                int error = Marshal.GetLastSystemError();
                switch (error)
                {
                    case EINTR:
                        break;
                    case EAGAIN:
                        var wait = new PollDescriptor { Descriptor = descriptor, Events = POLLOUT };
                        _ = poll(&wait, 1, -1);
                        break;
                    default:
                        return error;
                }
            }
        }

        return 0;
    }

    /// <summary>Makes a file that has no name and lives in memory, memfd_create(2); closed on exec.</summary>
    /// <returns>Its descriptor; -1 where the kernel refuses.</returns>
    public static int MemoryFile(ReadOnlySpan<byte> nameWithNul)
    {
        fixed (byte* name = nameWithNul)
        {
            return memfd_create(name, MFD_CLOEXEC);
        }
    }

    /// <summary>The effective user's number, geteuid(2).</summary>
    public static uint EffectiveUser() => geteuid();

    /// <summary>True where mkdir(2) refuses with EPERM or EACCES; a folder that it made is removed again.</summary>
    public static bool CannotMakeFolder(string path)
    {
        byte* name = Utf8StringMarshaller.ConvertToUnmanaged(path);
        int error = mkdir(name, 0x1c0) == 0 ? 0 : Marshal.GetLastSystemError();
        if (error == 0)
        {
            _ = rmdir(name);
        }

        Utf8StringMarshaller.Free(name);
        return error is EPERM or EACCES;
    }

    /// <summary>Becomes another program, execve(2). Comes back only where that fails.</summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">Its arguments, with its name first.</param>
    /// <param name="environment">Its environment, <c>NAME=value</c>: what this process has set itself is known to .NET alone.</param>
    public static void Execute(string path, IEnumerable<string> arguments, IEnumerable<string> environment)
    {
        byte*[] words = Strings(arguments), variables = Strings(environment);
        byte* program = Utf8StringMarshaller.ConvertToUnmanaged(path);
        fixed (byte** first = words, variable = variables)
        {
            _ = execve(program, first, variable);
        }

        Utf8StringMarshaller.Free(program);
        Free(words);
        Free(variables);
    }

    private static void Free(byte*[] strings)
    {
        foreach (byte* text in strings)
        {
            Utf8StringMarshaller.Free(text);
        }
    }

    // A null ends the list.
    private static byte*[] Strings(IEnumerable<string> texts)
    {
        string[] list = [.. texts];
        byte*[] strings = new byte*[list.Length + 1];
        for (int i = 0; i < list.Length; i++)
        {
            strings[i] = Utf8StringMarshaller.ConvertToUnmanaged(list[i]);
        }

        return strings;
    }

    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort Width;
        public ushort Height;
    }

    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc")]
    private static partial int execve(byte* path, byte** arguments, byte** environment);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial int mkdir(byte* path, uint mode);

    [LibraryImport("libc")]
    private static partial int rmdir(byte* path);

    [LibraryImport("libc")]
    private static partial int isatty(int descriptor);

    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, nuint request, WindowSize* size);

    [LibraryImport("libc")]
    private static partial nint write(int descriptor, byte* data, nint length);

    [LibraryImport("libc")]
    private static partial int memfd_create(byte* name, uint flags);

    [LibraryImport("libc")]
    private static partial int poll(PollDescriptor* descriptors, nuint count, int milliseconds);
}
