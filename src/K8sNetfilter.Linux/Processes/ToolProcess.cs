using System.ComponentModel;
using System.Diagnostics;
using System.IO.Pipes;
using System.Text;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop.Files;

namespace K8sNetfilter.Processes;

/// <summary>
/// A standard tool while it runs: its output is read as it comes, its complaints are kept up to a size, and it is killed with its children
/// when the caller stops, or when it has written nothing for a minute. It speaks English (LC_ALL=C), reads nothing, and runs in the network
/// namespace of the thread that starts it; it can be read on any other.
/// </summary>
public sealed class ToolProcess : IDisposable
{
    private const int MostErrorText = 8192;

    // A tool that is in the kernel when it is killed ends when it comes out of there.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Where distributions put tools for root; the last three are Flatcar's and NixOS's. PATH is not used: it is whatever the caller has.
    private static readonly string[] Folders =
    [
        "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin", "/opt/bin", "/run/current-system/sw/bin",
        "/nix/var/nix/profiles/default/bin",
    ];

    private readonly string _path;
    private readonly ToolDeadline _deadline;
    private readonly Process _process;
    private readonly Stream _output;
    private readonly StringBuilder _errors = new();
    private readonly Thread _errorReader;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _onCancel;

    private ToolProcess(string path, Process process, TimeSpan limit, CancellationToken cancellation)
    {
        _path = path;
        _process = process;
        _output = process.StandardOutput.BaseStream;
        if (LiveKernel.IsThere && _output is PipeStream pipe)
        {
            PipeSize.Widen(pipe.SafePipeHandle);
        }

        _cancellation = cancellation;
        // A thread of its own, which ends with the tool: reading ahead by the pool could start a thread of the pool, and that would stay
        // in the network namespace that the tool is started in.
        _errorReader = new Thread(KeepErrors, 256 * 1024) { IsBackground = true, Name = "tool" };
        _errorReader.UnsafeStart();
        process.StandardInput.Close();
        _onCancel = cancellation.Register(Kill);
        _deadline = new ToolDeadline(limit, Kill);
    }

    /// <summary>How long a reader waits for a tool that writes nothing.</summary>
    public static TimeSpan DefaultLimit { get; } = TimeSpan.FromMinutes(1);

    /// <summary>What the tool said on its standard error, at most 8 KiB of it. Whole once <see cref="WaitForExit"/> has returned.</summary>
    public string ErrorText
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString().TrimEnd();
            }
        }
    }

    /// <summary>Where the tool is: the first executable file of that name in the folders of root's tools. Null if there is none.</summary>
    public static string? Find(string name) => Find(name, Folders);

    internal static string? Find(string name, IEnumerable<string> folders)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return folders.Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(path => File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & AnyExecute) != 0));
    }

    /// <summary>Starts a tool.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="arguments">Its arguments, each as it is: no shell reads them.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <param name="limit">How long it may write nothing while it is read; null for <see cref="DefaultLimit"/>.</param>
    /// <exception cref="NodeException"><c>ToolNotStarted</c>.</exception>
    public static ToolProcess Start(string path, IEnumerable<string> arguments, CancellationToken cancellation, TimeSpan? limit = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(arguments);
        cancellation.ThrowIfCancellationRequested();
        var start = new ProcessStartInfo(path)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment["LC_ALL"] = "C";
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            return new ToolProcess(path, Process.Start(start)!, limit ?? DefaultLimit, cancellation);
        }
        catch (Win32Exception failure)
        {
            var refused = NodeException.Create(
                Messages.ResourceManager, nameof(Messages.ToolNotStarted), NodeErrorCategory.ResourceUnavailable, path, failure.Message);
            refused.Errno = failure.NativeErrorCode;
            refused.Subject = path;
            throw refused;
        }
    }

    /// <summary>Reads what the tool has written; 0 at the end.</summary>
    /// <exception cref="OperationCanceledException">The caller's token: the tool has been killed.</exception>
    /// <exception cref="NodeException"><c>ToolTimedOut</c>: it wrote nothing for too long, and has been killed.</exception>
    public int Read(Span<byte> buffer)
    {
        _deadline.Start();
        int count = _output.Read(buffer);
        _deadline.Stop();
        // A tool that was killed ends like one that is done.
        ThrowIfKilled();
        return count;
    }

    /// <summary>Waits until the tool has ended and gives its exit status.</summary>
    /// <exception cref="OperationCanceledException">The caller's token: the tool has been killed.</exception>
    /// <exception cref="NodeException"><c>ToolTimedOut</c>: it did not end in time, and has been killed.</exception>
    public int WaitForExit()
    {
        _deadline.Start();
        _process.WaitForExit();
        _deadline.Stop();
        ThrowIfKilled();
        // A child that the tool left behind may hold its standard error open.
        _errorReader.Join(Patience);
        return _process.ExitCode;
    }

    /// <summary>Kills the tool if it still runs, and waits until it is gone.</summary>
    public void Dispose()
    {
        _onCancel.Dispose();
        _deadline.Dispose();
        Kill();
        _process.WaitForExit(Patience);
        _errorReader.Join(Patience);
        _process.Dispose();
    }

    private void Kill()
    {
        try
        {
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It, or one of its children, ended in between.
        }
    }

    private void ThrowIfKilled()
    {
        _cancellation.ThrowIfCancellationRequested();
        if (_deadline.IsPassed)
        {
            var late = NodeException.Create(
                Messages.ResourceManager, nameof(Messages.ToolTimedOut), NodeErrorCategory.ResourceUnavailable, _path,
                (int)_deadline.Limit.TotalSeconds);
            late.Subject = _path;
            throw late;
        }
    }

    private void KeepErrors()
    {
        try
        {
            var text = _process.StandardError;
            char[] buffer = new char[1024];
            for (int count; (count = text.Read(buffer)) > 0;)
            {
                lock (_errors)
                {
                    _errors.Append(buffer.AsSpan(0, Math.Min(count, MostErrorText - _errors.Length)));
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The tool's object is gone, and nobody wants its complaints any more.
        }
    }
}
