using System.Formats.Tar;
using System.IO.Compression;
using K8sNetfilter.Snapshots.Writing;

namespace K8sNetfilter.Snapshots.Archives;

/// <summary>Writes a snapshot as a .tar.gz: under another name first.</summary>
internal sealed class SnapshotArchiveWriter : ISnapshotWriter
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _target;
    private readonly string _making;
    private readonly string _top;
    private readonly GZipStream _packed;
    private readonly TarWriter _tar;
    private bool _isClosed;
    private bool _done;

    /// <summary>Begins an archive.</summary>
    public SnapshotArchiveWriter(string target)
    {
        _target = target;
        _making = SnapshotTarget.TemporaryName(target);
        // All in one folder, so that it unpacks into one.
        string name = Path.GetFileName(target);
        _top = name[..name.IndexOf(".t", StringComparison.OrdinalIgnoreCase)];
        _top = _top.Length == 0 ? "snapshot" : _top;
        _packed = new GZipStream(Open(_making, FileOptions.None), CompressionLevel.Fastest);
        _tar = new TarWriter(_packed, TarEntryFormat.Pax);
    }

    /// <inheritdoc/>
    public Stream Create(string name) => new Part(this, $"{_top}/{name}", Open(_making + ".part", FileOptions.DeleteOnClose));

    /// <inheritdoc/>
    public void Link(string name, string target) =>
        _tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, $"{_top}/{name}") { LinkName = target });

    /// <inheritdoc/>
    public void Complete()
    {
        Close();
        File.Move(_making, _target, overwrite: true);
        _done = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_done)
        {
            Close();
            File.Delete(_making);
        }
    }

    private void Close()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _tar.Dispose();
            _packed.Dispose();
        }
    }

    private static FileStream Open(string path, FileOptions kind)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = kind,
            BufferSize = 1 << 16 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Owner;
        }

        return new FileStream(path, options);
    }

    // An entry's header tells its length, so that it is written once the length is known.
    private sealed class Part(SnapshotArchiveWriter owner, string name, FileStream content) : Stream
    {
        private bool _isDone;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => content.Length;

        public override long Position { get => content.Position; set => throw new NotSupportedException(); }

        public override void Flush() => content.Flush();

        public override void Write(byte[] buffer, int offset, int count) => content.Write(buffer, offset, count);

        public override void Write(ReadOnlySpan<byte> buffer) => content.Write(buffer);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_isDone)
            {
                _isDone = true;
                try
                {
                    content.Position = 0;
                    owner._tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content, Mode = Owner });
                }
                finally
                {
                    content.Dispose();
                }
            }

            base.Dispose(disposing);
        }
    }
}
