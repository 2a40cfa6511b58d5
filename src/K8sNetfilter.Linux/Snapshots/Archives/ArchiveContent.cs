using System.IO.Compression;

namespace K8sNetfilter.Snapshots.Archives;

/// <summary>
/// The bytes of a file of an archive, in pieces: nothing is copied into larger and larger arrays while it is read. Once an archive has more
/// than a node usually has, the pieces are kept compressed.
/// </summary>
internal sealed class ArchiveContent
{
    private const int PieceSize = 1 << 20;

    private readonly List<(byte[] Bytes, int Length)> _pieces = [];

    private ArchiveContent(long length) => Length = length;

    /// <summary>A file without bytes.</summary>
    public static ArchiveContent Empty { get; } = new(0);

    /// <summary>How many bytes the file has.</summary>
    public long Length { get; }

    /// <summary>How many bytes are kept of it.</summary>
    public long Kept => _pieces.Sum(p => (long)p.Bytes.Length);

    /// <summary>Reads the next bytes of an archive. Memory follows what is there, not what a header says is there.</summary>
    /// <exception cref="EndOfStreamException">There are fewer.</exception>
    public static ArchiveContent Read(Stream source, long size, bool pack, CancellationToken stop)
    {
        if (size == 0)
        {
            return Empty;
        }

        var content = new ArchiveContent(size);
        for (long left = size; left > 0;)
        {
            stop.ThrowIfCancellationRequested();
            byte[] piece = GC.AllocateUninitializedArray<byte>((int)Math.Min(left, PieceSize));
            source.ReadExactly(piece);
            content._pieces.Add((pack ? Pack(piece) : piece, piece.Length));
            left -= piece.Length;
        }

        return content;
    }

    /// <summary>Reads it from its start.</summary>
    public Stream Open() =>
        _pieces is [var (only, length)] && only.Length == length ? new MemoryStream(only, writable: false) : new PieceStream(this);

    private static byte[] Pack(byte[] piece)
    {
        using var packed = new MemoryStream(PieceSize / 8);
        using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(piece);
        }

        return packed.Length < piece.Length ? packed.ToArray() : piece;
    }

    private static byte[] Unpack((byte[] Bytes, int Length) piece)
    {
        if (piece.Bytes.Length == piece.Length)
        {
            return piece.Bytes;
        }

        byte[] unpacked = GC.AllocateUninitializedArray<byte>(piece.Length);
        using var deflate = new DeflateStream(new MemoryStream(piece.Bytes, writable: false), CompressionMode.Decompress);
        deflate.ReadExactly(unpacked);
        return unpacked;
    }

    private sealed class PieceStream(ArchiveContent content) : Stream
    {
        private byte[] _piece = [];
        private int _next;
        private int _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => content.Length;

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            if (_at == _piece.Length)
            {
                if (_next == content._pieces.Count)
                {
                    return 0;
                }

                (_piece, _at) = (Unpack(content._pieces[_next++]), 0);
            }

            int count = Math.Min(buffer.Length, _piece.Length - _at);
            _piece.AsSpan(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
