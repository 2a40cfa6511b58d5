using Microsoft.Win32.SafeHandles;

namespace K8sNetfilter.Snapshots.Writing;

/// <summary>Writes a snapshot as a folder: under another name first.</summary>
internal sealed class SnapshotFolderWriter : ISnapshotWriter
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _target;
    private readonly string _making;
    private readonly SafeFileHandle? _lock;
    private bool _done;

    /// <summary>Begins a folder.</summary>
    public SnapshotFolderWriter(string target)
    {
        _target = target;
        _making = SnapshotTarget.TemporaryName(target);
        MakeFolder(_making);
        _lock = LeftExports.Hold(_making);
    }

    /// <inheritdoc/>
    public Stream Create(string name)
    {
        string path = Local(name);
        MakeFolder(Path.GetDirectoryName(path)!);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 1 << 16 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Owner;
        }

        return new FileStream(path, options);
    }

    /// <inheritdoc/>
    public void Link(string name, string target)
    {
        string path = Local(name);
        MakeFolder(Path.GetDirectoryName(path)!);
        if (!Path.Exists(path))
        {
            File.CreateSymbolicLink(path, target);
        }
    }

    /// <inheritdoc/>
    public void Complete()
    {
        // A folder can't be replaced in one step: the old one steps aside, and comes back if the new one can't take its place.
        string? old = Directory.Exists(_target) ? SnapshotTarget.TemporaryName(_target) : null;
        using var held = old is null ? null : LeftExports.Hold(_target);
        if (old is not null)
        {
            Directory.Move(_target, old);
        }

        try
        {
            Directory.Move(_making, _target);
        }
        catch (IOException) when (old is not null)
        {
            Directory.Move(old, _target);
            throw;
        }

        _done = true;
        if (old is not null)
        {
            Directory.Delete(old, recursive: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_done && Directory.Exists(_making))
        {
            Directory.Delete(_making, recursive: true);
        }

        _lock?.Dispose();
    }

    private string Local(string name) => Path.Combine(_making, name);

    private static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            // Each by itself: of several, .NET gives the mode to the last alone.
            if (!Directory.Exists(path))
            {
                if (Path.GetDirectoryName(path) is { Length: > 0 } parent)
                {
                    MakeFolder(parent);
                }

                Directory.CreateDirectory(path, Owner | UnixFileMode.UserExecute);
            }
        }
    }
}
