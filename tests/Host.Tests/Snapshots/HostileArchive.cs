using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace K8sNetfilter.Tests.Snapshots;

/// <summary>Writes a .tar.gz entry by entry, with entries that tar(1) does not write.</summary>
internal sealed class HostileArchive : IDisposable
{
    private readonly FileStream _file;
    private GZipStream _packed;

    public HostileArchive(string path)
    {
        _file = System.IO.File.Create(path);
        _packed = Member();
    }

    /// <summary>
    /// Adds the same bytes again and again. They are packed once: a gzip file may have any number of members, one after the other (RFC 1952).
    /// </summary>
    public void Again(int times, Action<HostileArchive> write)
    {
        _packed.Dispose();
        long start = _file.Position;
        _packed = Member();
        write(this);
        _packed.Dispose();
        byte[] member = new byte[_file.Position - start];
        _file.Position = start;
        _file.ReadExactly(member);
        for (int i = 1; i < times; i++)
        {
            _file.Write(member);
        }

        _packed = Member();
    }

    /// <summary>Adds a file that is a text said again and again, with what stands before and after it. <c>#</c> in the text is the number of the time.</summary>
    public void Repeat(string name, string before, string text, int times, string after = "")
    {
        string[] parts = text.Split('#');
        using var content = new MemoryStream();
        using (var writer = new StreamWriter(content, new UTF8Encoding(false), 1 << 16, leaveOpen: true))
        {
            writer.Write(before);
            for (int i = 0; i < times; i++)
            {
                for (int p = 0; p < parts.Length; p++)
                {
                    if (p > 0)
                    {
                        writer.Write(i.ToString(CultureInfo.InvariantCulture));
                    }

                    writer.Write(parts[p]);
                }
            }

            writer.Write(after);
        }

        File(name, content.GetBuffer().AsSpan(0, (int)content.Length));
    }

    /// <summary>Adds a file.</summary>
    public void File(string name, string content) => File(name, Encoding.UTF8.GetBytes(content));

    /// <summary>Adds a file.</summary>
    public void File(string name, ReadOnlySpan<byte> content)
    {
        Header(name, '0', content.Length);
        _packed.Write(content);
        Pad(content.Length);
    }

    /// <summary>Adds an entry of any type, with a header's size field of its own.</summary>
    public void Entry(string name, char type, ReadOnlySpan<byte> content, string target = "", string? size = null)
    {
        Header(name, type, content.Length, target, size);
        _packed.Write(content);
        Pad(content.Length);
    }

    /// <summary>Adds zeros, which take no room.</summary>
    public void Zeros(string name, int mebibytes)
    {
        Header(name, '0', (long)mebibytes << 20);
        Again(mebibytes, a => a._packed.Write(new byte[1 << 20]));
    }

    public void Dispose()
    {
        _packed.Write(new byte[1024]);
        _packed.Dispose();
        _file.Dispose();
    }

    private GZipStream Member() => new(_file, CompressionLevel.Fastest, leaveOpen: true);

    private void Header(string name, char type, long size, string target = "", string? sizeField = null)
    {
        byte[] header = new byte[512];
        Encoding.UTF8.GetBytes(name.Length > 100 ? name[..100] : name).CopyTo(header, 0);
        Encoding.ASCII.GetBytes("0000644").CopyTo(header, 100);
        (sizeField is null ? Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0')) : Encoding.Latin1.GetBytes(sizeField)).CopyTo(header, 124);
        header[156] = (byte)type;
        Encoding.ASCII.GetBytes(target).CopyTo(header, 157);
        header.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes(Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
        _packed.Write(header);
    }

    private void Pad(long size) => _packed.Write(new byte[(512 - (size % 512)) % 512]);
}
