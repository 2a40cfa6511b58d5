using System.ComponentModel;
using System.Diagnostics;
using System.IO.Pipes;
using System.Text;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.IO;

namespace K8sNetfilter.Processes;

/// <summary>
/// A standard tool while it runs: its output is read as it comes, its complaints are kept up to a size, and it is killed when the caller
/// stops. It speaks English (LC_ALL=C), reads nothing, and runs in the network namespace of the thread that starts it; it can be read on
/// any other.
/// </summary>
public sealed class ToolProcess : IDisposable
{
    private const int MostErrorText = 8192;

    // A tool that is in the kernel when it is killed ends when it comes out of there.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Where tools for root are, for a user whose PATH does not say.
    private static readonly string[] MoreFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];

    private readonly Process _process;
    private readonly Stream _output;
    private readonly StringBuilder _errors = new();
    private readonly Thread _errorReader;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _onCancel;

    private ToolProcess(Process process, CancellationToken cancellation)
    {
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
    }

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

    /// <summary>Where the tool is: the first executable file of that name on PATH, then in the folders of root's tools. Null where there is none.</summary>
    public static string? Find(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        string path = Environment.GetEnvironmentVariable("PATH") ?? "";
        foreach (string folder in path.Split(':').Concat(MoreFolders))
        {
            // An empty entry of PATH means the working directory, which is no place to take a tool of root's from.
            if (!folder.StartsWith('/'))
            {
                continue;
            }

            string candidate = Path.Combine(folder, name);
            if (File.Exists(candidate) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(candidate) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0))
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>Starts a tool.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="arguments">Its arguments, each as it is: no shell reads them.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="NodeException"><c>ToolNotStarted</c>.</exception>
    public static ToolProcess Start(string path, IEnumerable<string> arguments, CancellationToken cancellation)
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
            return new ToolProcess(Process.Start(start)!, cancellation);
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
    public int Read(Span<byte> buffer)
    {
        int count = _output.Read(buffer);
        // A tool that was killed ends like one that is done.
        _cancellation.ThrowIfCancellationRequested();
        return count;
    }

    /// <summary>Waits until the tool has ended and gives its exit status.</summary>
    /// <exception cref="OperationCanceledException">The caller's token: the tool has been killed.</exception>
    public int WaitForExit()
    {
        _process.WaitForExit();
        _cancellation.ThrowIfCancellationRequested();
        // A child that the tool left behind may hold its standard error open.
        _errorReader.Join(Patience);
        return _process.ExitCode;
    }

    /// <summary>Kills the tool if it still runs, and waits until it is gone.</summary>
    public void Dispose()
    {
        _onCancel.Dispose();
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
                _process.Kill(entireProcessTree: false);
            }
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It ended in between.
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
