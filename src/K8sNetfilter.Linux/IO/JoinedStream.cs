namespace K8sNetfilter.IO;

/// <summary>A stream with bytes before it, which were read from it already, and bytes after it.</summary>
internal sealed class JoinedStream(ReadOnlyMemory<byte> start, Stream middle, ReadOnlyMemory<byte> end) : Stream
{
    private ReadOnlyMemory<byte> _start = start;
    private ReadOnlyMemory<byte> _end = end;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (!_start.IsEmpty)
        {
            return Take(ref _start, buffer);
        }

        int got = middle.Read(buffer);
        return got == 0 ? Take(ref _end, buffer) : got;
    }

    private static int Take(ref ReadOnlyMemory<byte> from, Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, from.Length);
        from.Span[..count].CopyTo(buffer);
        from = from[count..];
        return count;
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
