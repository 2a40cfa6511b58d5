using System.Buffers;
using K8sNetfilter.Configuration;
using K8sNetfilter.IO;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Files;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Text;

namespace K8sNetfilter.Sysctl;

/// <summary>
/// The kernel parameters of this machine, seen from the calling thread's network namespace, and the files that set them; under another
/// root the files alone.
/// </summary>
public sealed class LiveSysctls : ISysctlSource
{
    private const string Keys = "/proc/sys";
    private const string Suffix = ".conf";

    /// <summary>A value is a page in nearly all cases; those that are longer (fs.mount-nr never is) are read on up to here.</summary>
    private const int LongestValue = 1 << 20;

    /// <summary>
    /// CONF_PATHS in systemd's src/basic/constants.h, and PreloadSystem() in procps' src/sysctl.c: the same since procps 3.3.17.
    /// </summary>
    private static readonly string[] Directories = ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d",
        "/lib/sysctl.d"];

    private readonly KernelRoot _root;
    private readonly NetworkNamespace? _network;
    private readonly byte[] _buffer = new byte[4096];
    private ConfigSet? _systemd;
    private IReadOnlyList<ConfigFile>? _procps;

    /// <summary>Makes the source; nothing is read yet.</summary>
    /// <param name="root">Where the node's files are.</param>
    /// <param name="network">The network namespace whose keys are meant; null for that of the thread that asks.</param>
    public LiveSysctls(KernelRoot root, NetworkNamespace? network = null)
    {
        ArgumentNullException.ThrowIfNull(root);
        _root = root;
        _network = network;
    }

    /// <summary>Contents that count in place of those on the disk, by the files' real paths: to see what a change would do.</summary>
    internal IReadOnlyDictionary<string, byte[]>? Instead { get; init; }

    /// <summary>The file that procps always reads last.</summary>
    public const string ProcpsFile = "/etc/sysctl.conf";

    /// <inheritdoc/>
    public IReadOnlyList<ConfigFile> SystemdFiles => Systemd.Files;

    /// <inheritdoc/>
    public IReadOnlyList<ReplacedContent> ReplacedFiles => Systemd.Replaced;

    /// <inheritdoc/>
    public IReadOnlyList<ConfigFile> ProcpsFiles => _procps ??= ReadProcpsFiles();

    /// <inheritdoc/>
    /// <remarks>The first version that does calls fnmatch(3) for it, and has no other use for that function.</remarks>
    public bool ProcpsExcludesByPattern =>
        _excludes ??= ConfigFolder.ReadFile(_root, "/usr/sbin/sysctl").Content.Span.IndexOf("fnmatch"u8) >= 0;

    private bool? _excludes;

    /// <inheritdoc/>
    public string? CommandLine => _root.IsLive ? ReadText("/proc/cmdline") : null;

    /// <inheritdoc/>
    public LaterSysctls Later => _later ??= LaterSysctls.Read(new RootFiles(_root, Instead));

    private LaterSysctls? _later;

    private ConfigSet Systemd => _systemd ??= ConfigFolder.Read(_root, Directories, Suffix, instead: Instead);

    /// <summary>True where one of the tools reads a file of that path, if it is there.</summary>
    public static bool IsRead(string nodePath)
    {
        int slash = nodePath.LastIndexOf('/');
        return nodePath == ProcpsFile
            || (slash > 0 && Array.IndexOf(Directories, nodePath[..slash]) >= 0 && nodePath.EndsWith(Suffix, StringComparison.Ordinal)
            && nodePath[slash + 1] != '.');
    }

    /// <summary>Forgets the files that were read, so that a change to them is seen.</summary>
    public void Forget()
    {
        _systemd = null;
        _procps = null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string>? ListKeys(CancellationToken stop) =>
        !_root.IsLive || !LiveKernel.IsThere ? null : _network is null ? ListHere(stop) : _network.Run(() => ListHere(stop));

    private static List<string> ListHere(CancellationToken stop)
    {
        var found = new List<string>(2000);
        using var top = OpenAt.TryOpen(null, Keys, OpenAt.O_RDONLY | OpenAt.O_DIRECTORY, 0, out int errno);
        if (top is null)
        {
            return errno == Errno.ENOENT ? found : throw KernelFailure.From(errno, Messages.Operation_List, Keys);
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(32768);
        List((int)top.DangerousGetHandle(), "", buffer, found, stop);
        ArrayPool<byte>.Shared.Return(buffer);
        return found;
    }

    /// <inheritdoc/>
    public string? ReadValue(string path) => ReadValues([path], CancellationToken.None)[0];

    /// <inheritdoc/>
    public IReadOnlyList<string?> ReadValues(IReadOnlyList<string> paths, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(paths);
        if (!_root.IsLive || !LiveKernel.IsThere)
        {
            return new string?[paths.Count];
        }

        return _network is null ? ReadHere(paths, stop) : _network.Run(() => ReadHere(paths, stop));
    }

    private string?[] ReadHere(IReadOnlyList<string> paths, CancellationToken stop)
    {
        var values = new string?[paths.Count];
        for (int i = 0; i < values.Length; i++)
        {
            stop.ThrowIfCancellationRequested();
            values[i] = ChangesWhenRead(paths[i]) ? null : ReadText(Keys + "/" + paths[i]);
        }

        return values;
    }

    /// <summary>Writes a value to the running kernel. Gives 0 or the error number.</summary>
    internal int Write(string path, string value) =>
        _network is null ? WriteValue(path, value) : _network.Run(() => WriteValue(path, value));

    /// <summary>What a key is in the running kernel; gives 0, or the error number where it is not there.</summary>
    internal int Look(string path, out FileStatus status)
    {
        int errno;
        (errno, status) = _network is null ? LookHere() : _network.Run(LookHere);
        return errno;

        (int Errno, FileStatus Status) LookHere()
        {
            using var file = OpenAt.TryOpen(null, Keys + "/" + path, OpenAt.O_PATH | OpenAt.O_NOFOLLOW, 0, out int error);
            FileStatus found = default;
            error = file is null ? error : Statx.Of(file, out found);
            return (error, found);
        }
    }

    /// <summary>Whether a key may be written to: 0 or the error number. Nothing is opened.</summary>
    internal int MayWrite(string path) =>
        _network is null ? OpenAt.MayWrite(Keys + "/" + path) : _network.Run(() => OpenAt.MayWrite(Keys + "/" + path));

    /// <summary>
    /// Writes a value in the calling thread's network namespace, in one write(2) at the file's start, as the kernel wants it.
    /// </summary>
    internal static int WriteValue(string path, string value)
    {
        int fd = OpenAt.Open(OpenAt.AT_FDCWD, Keys + "/" + path, OpenAt.O_WRONLY | OpenAt.O_NOFOLLOW);
        if (fd < 0)
        {
            return -fd;
        }

        int n = ReadWrite.Write(fd, ByteText.Encode(value + "\n"));
        OpenAt.Close(fd);
        return n < 0 ? -n : 0;
    }

    /// <summary>
    /// vm.stat_refresh folds the counters of all processors when it is read (mm/vmstat.c), and the two old names of neighbour keys write a
    /// warning to the kernel's log (net/core/neighbour.c); sysctl(8) leaves them out too.
    /// </summary>
    private static bool ChangesWhenRead(string path) => path == "vm/stat_refresh";

    private static bool IsDeprecated(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("base_reachable_time"u8) || name.SequenceEqual("retrans_time"u8) || name.SequenceEqual("stat_refresh"u8);

    private List<ConfigFile> ReadProcpsFiles()
    {
        var files = ConfigFolder.Read(_root, Directories, Suffix, withHidden: true, Instead).Files.ToList();
        var last = ConfigFolder.ReadFile(_root, ProcpsFile, Instead);
        if (last.Problem is null)
        {
            files.Add(last);
        }

        return files;
    }

    /// <summary>
    /// Lists the keys below an open directory. What is mounted there (fs.binfmt_misc) is passed over: it holds no kernel parameters, and
    /// to look into it can mount it and load a module.
    /// </summary>
    private static void List(int directory, string prefix, byte[] buffer, List<string> found, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        List<string>? folders = null;
        int length;
        while ((length = GetDents.Read(directory, buffer)) > 0)
        {
            ReadOnlySpan<byte> entries = buffer.AsSpan(0, length);
            while (GetDents.Next(ref entries, out byte type, out var name))
            {
                if (name is [(byte)'.'] or [(byte)'.', (byte)'.'])
                {
                    continue;
                }

                if (type == GetDents.DT_DIR)
                {
                    (folders ??= []).Add(ByteText.Decode(name));
                }
                else if (!IsDeprecated(name))
                {
                    found.Add(prefix + ByteText.Decode(name));
                }
            }
        }

        foreach (string folder in folders ?? [])
        {
            // Only one directory of /proc/sys is meant to be mounted on (fs/proc/proc_sysctl.c: sysctl_mount_point); others cost no look.
            if (prefix + folder == "fs/binfmt_misc")
            {
                continue;
            }

            int fd = OpenAt.Open(directory, folder, OpenAt.O_RDONLY | OpenAt.O_DIRECTORY | OpenAt.O_NOFOLLOW);
            if (fd >= 0)
            {
                List(fd, prefix + folder + "/", buffer, found, stop);
                OpenAt.Close(fd);
            }
        }
    }

    private string? ReadText(string path)
    {
        int fd = OpenAt.Open(OpenAt.AT_FDCWD, path, OpenAt.O_RDONLY | OpenAt.O_NONBLOCK | OpenAt.O_NOFOLLOW);
        if (fd < 0)
        {
            return null;
        }

        try
        {
            int length = ReadWrite.Read(fd, _buffer);
            return length < 0 ? null : length < _buffer.Length ? Text(_buffer.AsSpan(0, length)) : ReadOn(fd);
        }
        finally
        {
            OpenAt.Close(fd);
        }
    }

    /// <summary>Reads the rest of a long value.</summary>
    private string? ReadOn(int fd)
    {
        var all = new List<byte>(_buffer);
        int length;
        while (all.Count < LongestValue && (length = ReadWrite.Read(fd, _buffer)) > 0)
        {
            all.AddRange(_buffer.AsSpan(0, length));
        }

        return Text([.. all]);
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [.., (byte)'\n'])
        {
            bytes = bytes[..^1];
        }

        return bytes is [>= (byte)'0' and <= (byte)'9'] ? SmallNumbers[bytes[0] - '0'] : ByteText.Decode(bytes);
    }

    /// <summary>Two thirds of all values are one digit: those need no string of their own.</summary>
    private static readonly string[] SmallNumbers = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
}
