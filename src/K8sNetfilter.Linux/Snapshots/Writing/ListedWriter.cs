namespace K8sNetfilter.Snapshots.Writing;

/// <summary>Writes a snapshot and keeps a list of its files with their sizes.</summary>
internal sealed class ListedWriter(ISnapshotWriter inner) : ISnapshotWriter
{
    private readonly List<(string Name, long Size)> _files = [];

    /// <summary>The files that are written and closed, in their order.</summary>
    public IReadOnlyList<(string Name, long Size)> Files => _files;

    /// <inheritdoc/>
    public Stream Create(string name) => new CountingStream(inner.Create(name), size => _files.Add((name, size)));

    /// <inheritdoc/>
    public void Link(string name, string target)
    {
        inner.Link(name, target);
        _files.Add((name, 0));
    }

    /// <inheritdoc/>
    public void Complete() => inner.Complete();

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private sealed class CountingStream(Stream target, Action<long> done) : Stream
    {
        private long _count;
        private bool _isClosed;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _count;

        public override long Position { get => _count; set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            target.Write(buffer);
            _count += buffer.Length;
        }

        public override void Flush() => target.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_isClosed)
            {
                _isClosed = true;
                target.Dispose();
                done(_count);
            }

            base.Dispose(disposing);
        }
    }
}
