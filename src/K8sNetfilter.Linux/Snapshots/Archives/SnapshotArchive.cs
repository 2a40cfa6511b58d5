using System.IO.Compression;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Snapshots.Reading;
using K8sNetfilter.Text;

namespace K8sNetfilter.Snapshots.Archives;

/// <summary>
/// A snapshot in a .tar or .tar.gz (POSIX.1 ustar and pax, and GNU's long names). It is read into memory and never unpacked to a disk, so
/// that a name or a link in it leads nowhere; what is too large, too many or not at all a snapshot's is an error.
/// </summary>
/// <remarks>
/// System.Formats.Tar.TarReader cannot take the place of this: it reads extended headers whole before its caller sees any size. Over a
/// header that announces a GNU long name of 256 MB it allocates 768 MB, for a long link 512 MB, for a global pax header 256 MB (.NET 10;
/// here they are refused from <see cref="SnapshotLimits.ExtendedHeader"/> on). It also takes an archive that was cut between two entries
/// for a whole one, and decodes names as UTF-8 only, so that two names of other bytes become the same.
/// </remarks>
internal sealed class SnapshotArchive : ISnapshotStore
{
    private static readonly byte[] Seal = "the archive has ended"u8.ToArray();

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal) { [""] = new Entry(SnapshotEntryKind.Folder) };
    private readonly string _path;
    private long _nameLength;
    private long _kept;

    private SnapshotArchive(string path) => _path = path;

    /// <summary>Reads an archive.</summary>
    /// <param name="path">What errors call it.</param>
    /// <param name="source">Its bytes.</param>
    /// <param name="stop">Stops the reading.</param>
    /// <exception cref="NodeException"><c>SnapshotDamaged</c>, <c>SnapshotHostile</c>, <c>SnapshotTooLarge</c> or
    /// <c>SnapshotNone</c>.</exception>
    public static SnapshotArchive Read(string path, Stream source, CancellationToken stop)
    {
        var archive = new SnapshotArchive(path);
        try
        {
            byte[] start = new byte[2];
            int got = source.ReadAtLeast(start, 2, throwOnEndOfStream: false);
            bool isGzip = start is [0x1F, 0x8B];
            using var whole = new JoinedStream(start.AsMemory(0, got), source, isGzip ? Gzip(Seal) : default);
            if (isGzip)
            {
                using var unpacked = new GZipStream(whole, CompressionMode.Decompress);
                archive.ReadEntries(unpacked, stop);
                archive.ReadToSeal(unpacked, stop);
            }
            else
            {
                archive.ReadEntries(whole, stop);
            }
        }
        catch (EndOfStreamException)
        {
            throw SnapshotFailure.Damaged(path, SnapshotMessages.ArchiveCutOff);
        }
        catch (InvalidDataException e)
        {
            throw SnapshotFailure.Damaged(path, e.Source == typeof(GZipStream).Assembly.GetName().Name
                ? SnapshotMessages.ArchiveCompressionWrong : e.Message);
        }
        catch (IOException e)
        {
            throw SnapshotFailure.Unreadable(path, e);
        }

        return archive;
    }

    /// <inheritdoc/>
    public SnapshotEntryKind Look(string path, out string? target)
    {
        var entry = _entries.GetValueOrDefault(path);
        target = entry?.Target;
        return entry?.Kind ?? SnapshotEntryKind.Missing;
    }

    /// <inheritdoc/>
    public Stream Open(string path) => _entries[path].Content.Open();

    /// <inheritdoc/>
    public long Length(string path) => _entries[path].Content.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string path) => _entries[path].Names;

    private void ReadEntries(Stream source, CancellationToken stop)
    {
        byte[] header = new byte[TarHeader.Block];
        var extended = new ExtendedHeaders();
        long total = 0;
        int count = 0;
        while (true)
        {
            total += TarHeader.Block;
            stop.ThrowIfCancellationRequested();
            source.ReadExactly(header);
            if (!header.AsSpan().ContainsAnyExcept((byte)0))
            {
                // Two empty blocks are the end. If there is one, all that was to come before it is there.
                return;
            }

            if (!TarHeader.HasChecksum(header))
            {
                throw count == 0
                    ? SnapshotFailure.NoSnapshot(_path, SnapshotMessages.NoArchive)
                    : new InvalidDataException(SnapshotMessages.HeaderWrong);
            }

            if (++count > SnapshotLimits.Entries)
            {
                throw SnapshotFailure.Hostile(_path, "", SnapshotMessages.TooManyEntries(SnapshotLimits.Entries));
            }

            char type = (char)header[156];
            long size = extended.Size is { } given && IsFile(type) ? given : TarHeader.Number(header.AsSpan(124, 12));
            if (type is 'x' or 'g' or 'L' or 'K')
            {
                if (size is < 0 or > SnapshotLimits.ExtendedHeader)
                {
                    throw SnapshotFailure.Hostile(_path, "", SnapshotMessages.ExtendedHeaderTooLarge);
                }

                // It names no file, but is unpacked all the same.
                total = Count(total, size, "");
                byte[] content = new byte[(int)size];
                source.ReadExactly(content);
                Skip(source, TarHeader.Padding(size), header);
                extended.Add(type, content);
                continue;
            }

            total = ReadEntry(source, header, extended, type, size, total, stop);
            extended = new ExtendedHeaders();
        }
    }

    // Reads an entry that is no extended header, and gives how many bytes were unpacked with it.
    private long ReadEntry(
        Stream source, byte[] header, ExtendedHeaders extended, char type, long size, long total, CancellationToken stop)
    {
        string shown = extended.Name ?? TarHeader.NameOf(header);
        if (size < 0)
        {
            throw new InvalidDataException(SnapshotMessages.SizeWrong);
        }

        string name = Check(shown);
        if (size > SnapshotLimits.File)
        {
            throw SnapshotFailure.TooLarge(_path, shown, SnapshotLimits.File);
        }

        total = Count(total, size, shown);
        if (IsFile(type))
        {
            Add(name, new Entry(SnapshotEntryKind.File) { Content = ReadContent(source, size, stop) });
            Skip(source, TarHeader.Padding(size), header);
            return total;
        }

        string target = type is '1' or '2' ? extended.Target ?? ByteText.Decode(TarHeader.Text(header.AsSpan(157, 100))) : "";
        Add(name, type switch
        {
            '5' => new Entry(SnapshotEntryKind.Folder),
            '2' => new Entry(SnapshotEntryKind.Link) { Target = target },

            // tar(1) writes a file's second name so; it gives the first one from the top.
            '1' => new Entry(SnapshotEntryKind.Link) { Target = "/" + target },

            // A device, a FIFO: no snapshot has one, and nothing is made of it.
            _ => new Entry(SnapshotEntryKind.Other),
        });
        Skip(source, size + TarHeader.Padding(size), header);
        return total;
    }

    private static bool IsFile(char type) => type is '0' or '\0' or '7';

    // gzip's checksum stands at its end (RFC 1952), so that only who reads on to there knows that nothing was changed. Nor does GZipStream
    // say when that end is missing; a member of our own behind it does: it comes out as it went in only where the one before it ended.
    private void ReadToSeal(Stream unpacked, CancellationToken stop)
    {
        byte[] rest = new byte[16 << 10];
        byte[] last = [];
        long total = 0;
        for (int got; (got = unpacked.Read(rest, 0, rest.Length)) > 0; total += got)
        {
            stop.ThrowIfCancellationRequested();
            if (total > SnapshotLimits.File)
            {
                throw SnapshotFailure.TooLarge(_path, SnapshotMessages.AfterEnd, SnapshotLimits.File);
            }

            last = [.. last.TakeLast(Seal.Length), .. rest.AsSpan(0, got)];
        }

        if (!last.AsSpan().EndsWith(Seal))
        {
            throw new InvalidDataException(SnapshotMessages.CompressedPartWrong);
        }
    }

    private static byte[] Gzip(byte[] content)
    {
        using var bytes = new MemoryStream();
        using (var packed = new GZipStream(bytes, CompressionLevel.Fastest))
        {
            packed.Write(content);
        }

        return bytes.ToArray();
    }

    private void Add(string name, Entry entry)
    {
        if (name.Length == 0)
        {
            return;
        }

        // A later entry of the same name replaces the earlier one, as tar(1) has it; a folder keeps what is in it.
        if (_entries.TryGetValue(name, out var known))
        {
            if (known.Kind != SnapshotEntryKind.Folder || entry.Kind != SnapshotEntryKind.Folder)
            {
                entry.Names = known.Names;
                _entries[name] = entry;
            }

            return;
        }

        // The folders that only the names of others tell of count too.
        _nameLength += name.Length;
        if (_entries.Count > SnapshotLimits.Entries || _nameLength > SnapshotLimits.Names)
        {
            throw SnapshotFailure.Hostile(_path, name, _nameLength > SnapshotLimits.Names
                ? SnapshotMessages.NamesTooLong : SnapshotMessages.TooManyFiles(SnapshotLimits.Entries));
        }

        int slash = name.LastIndexOf('/');
        string parent = slash < 0 ? "" : name[..slash];
        if (!_entries.ContainsKey(parent))
        {
            Add(parent, new Entry(SnapshotEntryKind.Folder));
        }

        _entries[parent].Names.Add(name[(slash + 1)..]);
        _entries[name] = entry;
    }

    private string Check(string name)
    {
        if (name.Length > SnapshotLimits.Path)
        {
            throw SnapshotFailure.Hostile(_path, name, SnapshotMessages.NameTooLong);
        }

        if (name.StartsWith('/') || name.Contains('\\') || name.Contains('\0') || (name.Length > 1 && name[1] == ':'))
        {
            throw SnapshotFailure.Hostile(_path, name, SnapshotMessages.NameLeadsOut);
        }

        string[] parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (Array.IndexOf(parts, "..") >= 0)
        {
            throw SnapshotFailure.Hostile(_path, name, SnapshotMessages.NameLeadsOut);
        }

        if (parts.Length > SnapshotLimits.Depth)
        {
            throw SnapshotFailure.Hostile(_path, name, SnapshotMessages.TooDeep(SnapshotLimits.Depth));
        }

        return string.Join('/', parts.Where(p => p != "."));
    }

    private ArchiveContent ReadContent(Stream source, long size, CancellationToken stop)
    {
        var content = ArchiveContent.Read(source, size, pack: _kept + size > SnapshotLimits.Kept, stop);
        _kept += content.Kept;
        return _kept <= SnapshotLimits.Memory
            ? content : throw SnapshotFailure.TooLarge(_path, Messages.SnapshotAllFiles, SnapshotLimits.Memory);
    }

    private long Count(long total, long size, string shown)
    {
        total += size + TarHeader.Padding(size);
        return total <= SnapshotLimits.Total ? total : throw SnapshotFailure.TooLarge(_path, shown, SnapshotLimits.Total);
    }

    private static void Skip(Stream source, long count, byte[] buffer)
    {
        while (count > 0)
        {
            int got = source.Read(buffer, 0, (int)Math.Min(count, buffer.Length));
            if (got == 0)
            {
                throw new EndOfStreamException();
            }

            count -= got;
        }
    }

    // What the headers before an entry say about it.
    private sealed class ExtendedHeaders
    {
        private string? _name;
        private string? _target;
        private long? _size;

        public string? Name => _name;

        public string? Target => _target;

        public long? Size => _size;

        // A global pax header ('g') is of no entry: it counts as bytes only.
        public void Add(char type, byte[] content)
        {
            switch (type)
            {
                case 'L':
                    _name = ByteText.Decode(TarHeader.Text(content));
                    break;
                case 'K':
                    _target = ByteText.Decode(TarHeader.Text(content));
                    break;
                case 'x':
                    TarHeader.ReadPax(content, ref _name, ref _target, ref _size);
                    break;
            }
        }
    }

    private sealed class Entry(SnapshotEntryKind kind)
    {
        public SnapshotEntryKind Kind { get; } = kind;

        public string? Target { get; init; }

        public ArchiveContent Content { get; init; } = ArchiveContent.Empty;

        public List<string> Names { get; set; } = [];
    }
}
