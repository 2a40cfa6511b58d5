using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Tests.Sysctl;

/// <summary>
/// A thread with a mount namespace of its own, in which the configuration directories are empty and writable, and with a new network
/// namespace for each use. Nothing of the machine is touched.
/// </summary>
internal static unsafe class SysctlSandbox
{
    public const string SystemdTool = "/lib/systemd/systemd-sysctl";
    public const string ProcpsTool = "/sbin/sysctl";

    private const int CLONE_NEWNS = 0x20000;
    private const int CLONE_NEWNET = 0x40000000;
    private const ulong MS_RDONLY = 1;
    private const ulong MS_REMOUNT = 32;
    private const ulong MS_REC = 0x4000;
    private const ulong MS_PRIVATE = 0x40000;

    private static readonly string[] Hidden = ["/etc", "/run", "/usr/local/lib", "/usr/lib/sysctl.d"];

    /// <summary>The interfaces of every namespace beside lo.</summary>
    public static readonly string[] Interfaces = ["eth0", "eth0.100"];

    /// <summary>Why the sandbox can't be made here; null where it can.</summary>
    public static string? Unavailable =>
        !Environment.IsPrivilegedProcess ? "private mount and network namespaces need root"
        : !File.Exists(SystemdTool) ? $"{SystemdTool} is not installed"
        : !File.Exists(ProcpsTool) ? $"{ProcpsTool} is not installed"
        : !Directory.Exists("/usr/lib/sysctl.d") ? "there is no /usr/lib/sysctl.d"
        : null;

    /// <summary>Runs work on a sandboxed thread and rethrows what it throws.</summary>
    public static void Run(Action work)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Check(unshare(CLONE_NEWNS), "unshare");
                Check(mount("none", "/", null, MS_REC | MS_PRIVATE, null), "mount");
                foreach (string path in Hidden)
                {
                    Check(mount("tmpfs", path, "tmpfs", 0, "size=64m"), "mount");
                }

                work();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>Puts an empty, writable file system over one more directory; inside of the sandbox alone.</summary>
    public static void Hide(string path, string size = "64m") => Check(mount("tmpfs", path, "tmpfs", 0, "size=" + size), "mount");

    /// <summary>Makes a file system of <see cref="Hide"/> read-only, or writable again.</summary>
    public static void SetReadOnly(string path, bool value) => Check(mount("tmpfs", path, "tmpfs", MS_REMOUNT | (value ? MS_RDONLY : 0), null), "mount");

    /// <summary>Moves the thread into a new network namespace that looks as a machine's first one does when systemd-sysctl runs.</summary>
    public static void NewNetwork(bool withLoopback)
    {
        Check(unshare(CLONE_NEWNET), "unshare");

        // A new namespace takes its IPv4 settings from the machine's; a booting kernel does not forward.
        Assert.Equal(0, LiveSysctls.WriteValue("net/ipv4/ip_forward", "0"));
        int socket = SysctlSandbox.socket(2, 2, 0);
        Check(socket, "socket");
        try
        {
            foreach (string name in Interfaces)
            {
                Check(ioctl(socket, 0x89a0 /* SIOCBRADDBR */, name), "SIOCBRADDBR");
            }

            if (withLoopback)
            {
                // struct ifreq: 16 bytes of name, then the flags: IFF_UP.
                byte[] request = new byte[40];
                Encoding.ASCII.GetBytes("lo").CopyTo(request, 0);
                request[16] = 1;
                Check(ioctl(socket, 0x8914 /* SIOCSIFFLAGS */, request), "SIOCSIFFLAGS");
            }
        }
        finally
        {
            _ = close(socket);
        }
    }

    /// <summary>Empties the configuration directories and fills them again. A content that starts with <c>-></c> is a link, one of null a directory.</summary>
    public static void WriteTree(IEnumerable<KeyValuePair<string, byte[]?>> files)
    {
        foreach (string path in Hidden)
        {
            foreach (string entry in Directory.GetFileSystemEntries(path))
            {
                if (Directory.Exists(entry) && new FileInfo(entry).LinkTarget is null)
                {
                    Directory.Delete(entry, recursive: true);
                }
                else
                {
                    File.Delete(entry);
                }
            }
        }

        foreach (var (path, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (content is null)
            {
                Directory.CreateDirectory(path);
            }
            else if (content is [(byte)'-', (byte)'>', .. var target])
            {
                File.CreateSymbolicLink(path, Encoding.UTF8.GetString(target));
            }
            else
            {
                File.WriteAllBytes(path, content);
            }
        }
    }

    /// <summary>Every key of the network namespace and its value.</summary>
    public static Dictionary<string, string?> ReadAll(ISysctlSource source)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (string path in source.ListKeys(CancellationToken.None)!)
        {
            if (path.StartsWith("net/", StringComparison.Ordinal))
            {
                values[path] = source.ReadValue(path);
            }
        }

        return values;
    }

    /// <summary>Runs a tool inside and gives what it printed.</summary>
    public static string Tool(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        start.Environment["SYSTEMD_LOG_TARGET"] = "console";
        using var process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text + errors;
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), call);
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int unshare(int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int mount(string source, string target, string? type, ulong flags, string? data);

    [DllImport("libc", SetLastError = true)]
    private static extern int socket(int domain, int type, int protocol);

    [DllImport("libc", SetLastError = true)]
    private static extern int ioctl(int socket, nuint request, string name);

    [DllImport("libc", SetLastError = true)]
    private static extern int ioctl(int socket, nuint request, byte[] data);

    [DllImport("libc")]
    private static extern int close(int fd);
}
