using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Files;
using K8sNetfilter.Netlink;
using K8sNetfilter.Text;

namespace K8sNetfilter.Namespaces;

/// <summary>
/// A network namespace that is held open, network_namespaces(7). A namespace belongs to a thread, so work inside one runs on a thread
/// that is made for it and ends with it: no thread of the pool ever comes back inside.
/// </summary>
public sealed class NetworkNamespace : IDisposable
{
    private const string OwnPath = "/proc/thread-self/ns/net";
    private const int StackBytes = 1024 * 1024;

    // All namespaces of a machine are files of one internal file system (fs/nsfs.c).
    private static ulong s_device;

    private readonly SafeDescriptor _descriptor;

    private NetworkNamespace(SafeDescriptor descriptor, ulong inode, string name)
    {
        _descriptor = descriptor;
        Inode = inode;
        Name = name;
    }

    /// <summary>The number that tells it from all others on the machine.</summary>
    public ulong Inode { get; }

    /// <summary>What it was opened by, for messages.</summary>
    public string Name { get; }

    /// <summary>
    /// The name, process id or path that <see cref="Open(KernelRoot, string)"/> opened it by; null where it was made or found.
    /// </summary>
    public string? Argument { get; private init; }

    /// <summary>The file that <see cref="Argument"/> stands for.</summary>
    public string? Path { get; private init; }

    /// <summary>True where the calling thread is in it: then nothing has to be entered, and no capability is needed.</summary>
    public bool IsCurrent => InodeAt(OwnPath) == Inode;

    /// <summary>The descriptor's number, for a request that passes it to the kernel; valid until this is disposed.</summary>
    internal int Descriptor => _descriptor.Number;

    /// <summary>Opens the namespace of the calling thread.</summary>
    public static NetworkNamespace OpenCurrent() => OpenPath(OwnPath, NetlinkMessages.ThisNamespace);

    /// <summary>Opens a namespace by its name in /run/netns, a process id, or a path that holds a slash.</summary>
    /// <param name="root">Where /run/netns and /proc are.</param>
    /// <param name="name">The name, process id or path.</param>
    /// <exception cref="NodeException"><c>NamespaceNotFound</c>, <c>NotANetworkNamespace</c>, or the kernel's refusal.</exception>
    public static NetworkNamespace Open(KernelRoot root, string name)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentException.ThrowIfNullOrEmpty(name);
        string shown = Printable.Text(name);
        if (name.Contains('\0', StringComparison.Ordinal) || name is "." or "..")
        {
            throw NotFound(shown);
        }

        if (name.Contains('/', StringComparison.Ordinal))
        {
            string whole = name.StartsWith('/') ? name : System.IO.Path.GetFullPath(name);
            return OpenPath(root.Resolve(whole), shown, whole);
        }

        // A name of digits is a process id unless somebody has named a namespace so, as with ip(8).
        foreach (string folder in NetworkNamespaces.NamedFolders)
        {
            string path = root.Resolve($"{folder}/{name}");
            if (File.Exists(path))
            {
                return OpenPath(path, shown, name);
            }
        }

        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0
            ? OpenPath(root.Resolve(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/net")), $"process {shown}", name)
            : throw NotFound(shown);
    }

    /// <summary>Opens what an enumeration has found, and makes sure that it is still the same.</summary>
    /// <exception cref="NodeException"><c>NamespaceNotFound</c>: it is gone.</exception>
    public static NetworkNamespace Open(KernelRoot root, NetworkNamespaceInfo found)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(found);
        var opened = OpenPath(root.Resolve(found.Path), found.ToString());
        if (opened.Inode != found.Inode)
        {
            // The process id was given to another process meanwhile.
            opened.Dispose();
            throw NotFound(found.ToString());
        }

        return opened;
    }

    /// <summary>
    /// Makes a namespace that only this object holds: it has no name in the file system and is gone when the object is disposed (and
    /// nothing else uses it), also when this process is killed.
    /// </summary>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="NodeException">CAP_SYS_ADMIN is missing.</exception>
    public static NetworkNamespace Create(string name)
    {
        NetworkNamespace? made = null;
        OnThread(() =>
        {
            int errno = NamespaceFile.Unshare(NamespaceFile.CLONE_NEWNET);
            if (errno != 0)
            {
                throw KernelFailure.From(errno, NamespaceMessages.MakingNamespace, name);
            }

            made = OpenPath(OwnPath, name);
        });
        return made!;
    }

    /// <summary>
    /// Runs <paramref name="work"/> inside the namespace and waits for it: on a thread of its own, or here where the calling thread is in
    /// it. What the work throws is thrown here. The work must not await or start pool work, which would run outside.
    /// </summary>
    public void Run(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (IsCurrent)
        {
            work();
            return;
        }

        OnThread(() =>
        {
            Enter();
            work();
        });
    }

    /// <inheritdoc cref="Run(Action)"/>
    public T Run<T>(Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        T result = default!;
        Run(() => { result = work(); });
        return result;
    }

    /// <summary>Starts a thread that stays inside until it is disposed, for work that comes in many pieces.</summary>
    public NamespaceThread StartThread() => new(this);

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>
    /// Opens a netlink connection to this namespace. A socket stays in the namespace where it was made, so that any thread may use it:
    /// only the making happens inside.
    /// </summary>
    internal NetlinkConnection Connect(NetlinkProtocol protocol, NetlinkOptions? options = null) =>
        new(() => Run(() => NetlinkTrace.Open(protocol, options ?? NetlinkOptions.Default)), options);

    /// <summary>Moves the calling thread into the namespace, for good. Only for threads that end afterwards.</summary>
    internal void Enter()
    {
        int errno = NamespaceFile.Enter(_descriptor, NamespaceFile.CLONE_NEWNET);
        if (errno != 0)
        {
            throw KernelFailure.From(errno, NamespaceMessages.EnteringNamespace, Name);
        }
    }

    /// <summary>The inode of the network namespace that a link such as /proc/PID/ns/net names; null where it is none or gone.</summary>
    internal static ulong? InodeAt(string linkPath)
    {
        Span<byte> buffer = stackalloc byte[64];
        int length = NamespaceFile.ReadLink(linkPath, buffer);
        return length <= 0 ? null : ParseLink(buffer[..length]);
    }

    /// <summary>Reads <c>net:[4026531840]</c>, namespaces(7).</summary>
    internal static ulong? ParseLink(ReadOnlySpan<byte> link) =>
        link.StartsWith("net:["u8) && link.EndsWith("]"u8)
        && ulong.TryParse(Encoding.ASCII.GetString(link[5..^1]), NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode)
            ? inode : null;

    /// <summary>Opens a path and makes sure that it is a network namespace before anything is done with it.</summary>
    internal static NetworkNamespace OpenPath(string path, string name, string? argument = null)
    {
        // Only a namespace is opened: a FIFO would block and a device would notice. The name of a namespace in /run/netns is a bind mount,
        // whose link shows that path and no number, so that the file itself has to tell.
        int errno = Statx.Of(path, out var status);
        if (errno != 0)
        {
            throw NotOpened(errno, name);
        }

        if (status.Device != Device())
        {
            throw NotOne(name);
        }

        int descriptor = OpenAt.Open(OpenAt.AT_FDCWD, path, OpenAt.O_RDONLY | OpenAt.O_NONBLOCK);
        if (descriptor < 0)
        {
            throw NotOpened(-descriptor, name);
        }

        var opened = new SafeDescriptor(descriptor);
        if (NamespaceFile.KindOf(opened) == NamespaceFile.CLONE_NEWNET && Statx.Of(opened, out status) == 0)
        {
            return new NetworkNamespace(opened, status.Inode, name) { Argument = argument, Path = argument is null ? null : path };
        }

        opened.Dispose();
        throw NotOne(name);
    }

    private static NodeException NotOpened(int errno, string name) =>
        errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ESRCH
            ? NotFound(name) : KernelFailure.From(errno, NamespaceMessages.OpeningNamespace, name, "CAP_SYS_PTRACE");

    private static NodeException NotOne(string name)
    {
        var failure = NodeException.Create(
            Messages.ResourceManager, nameof(Messages.NotANetworkNamespace), NodeErrorCategory.InvalidArgument, name);
        failure.Subject = name;
        return failure;
    }

    private static NodeException NotFound(string name)
    {
        var failure = NodeException.Create(Messages.ResourceManager, nameof(Messages.NamespaceNotFound), NodeErrorCategory.NotFound, name);
        failure.Subject = name;
        return failure;
    }

    private static void OnThread(Action work)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    work();
                }
#pragma warning disable CA1031 // Whatever it is, it is thrown on the thread that asked.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    failure = ExceptionDispatchInfo.Capture(e);
                }
            },
            StackBytes) { IsBackground = true, Name = "netns" };
        thread.UnsafeStart();
        thread.Join();
        failure?.Throw();
    }

    private static ulong Device() => s_device != 0 ? s_device : s_device = Statx.Of(OwnPath, out var status) == 0 ? status.Device : 0;
}
