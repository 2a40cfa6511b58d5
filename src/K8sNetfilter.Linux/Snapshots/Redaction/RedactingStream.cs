using K8sNetfilter.Text;

namespace K8sNetfilter.Snapshots.Redaction;

/// <summary>Takes text, and hands its lines on redacted.</summary>
internal sealed class RedactingStream(Stream target, SnapshotRedaction redaction, RedactedFile file) : Stream
{
    private readonly MemoryStream _line = new();

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.IndexOf((byte)'\n') is >= 0 and int end)
        {
            _line.Write(buffer[..end]);
            Hand();
            target.WriteByte((byte)'\n');
            buffer = buffer[(end + 1)..];
        }

        _line.Write(buffer);
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Hand();
            target.Dispose();
            _line.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Hand()
    {
        if (_line.Length > 0)
        {
            target.Write(ByteText.Encode(redaction.Line(ByteText.Decode(_line.GetBuffer().AsSpan(0, (int)_line.Length)), file)));
            _line.SetLength(0);
        }
    }
}
