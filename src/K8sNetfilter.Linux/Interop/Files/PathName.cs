using System.Buffers;
using K8sNetfilter.Text;

namespace K8sNetfilter.Interop.Files;

/// <summary>
/// A path as the kernel takes it: bytes that end with a NUL. Names are bytes to Linux, so a name that came from a directory goes back
/// to the kernel unchanged, valid UTF-8 or not (<see cref="ByteText"/>).
/// </summary>
internal ref struct PathName
{
    private readonly Span<byte> _bytes;
    private byte[]? _rented;

    /// <summary>Makes the bytes for <paramref name="path"/>.</summary>
    /// <param name="path">A path without NUL; at one the kernel would stop reading, so the rest is refused here.</param>
    /// <param name="buffer">Room for the bytes; longer paths take an array from the pool.</param>
    /// <exception cref="ArgumentException">The path has a NUL in it.</exception>
    public PathName(ReadOnlySpan<char> path, Span<byte> buffer)
    {
        if (path.Contains('\0'))
        {
            throw new ArgumentException(FileMessages.PathHasNul, nameof(path));
        }

        int room = (path.Length * 3) + 1;
        if (room > buffer.Length)
        {
            buffer = _rented = ArrayPool<byte>.Shared.Rent(room);
        }

        int length = ByteText.Encode(path, buffer);
        buffer[length] = 0;
        _bytes = buffer[..(length + 1)];
    }

    /// <summary>Room for most paths.</summary>
    public const int UsualSize = 512;

    /// <summary>So that <c>fixed</c> takes it.</summary>
    public readonly ref byte GetPinnableReference() => ref _bytes.GetPinnableReference();

    /// <summary>Gives the array back.</summary>
    public void Dispose()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
            _rented = null;
        }
    }
}
