using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using K8sNetfilter.Errors;
using K8sNetfilter.Snapshots.Reading;

namespace K8sNetfilter.Tests.Snapshots;

public sealed class SnapshotArchiveTests
{
    private static NodeException Refused(byte[] archive) => Assert.Throws<NodeException>(() => Archive.Open(archive));

    [Theory]
    [InlineData("")]
    [InlineData("./")]
    [InlineData("node1/")]
    [InlineData("a/b/")]
    public void A_snapshot_is_found_at_the_top_and_in_a_folder(string folder)
    {
        var files = Archive.Open(Archive.Make((folder + "uname.txt", "Linux node1 6.1.0 x\n"), (folder + "etc/sysctl.d/a.conf", "a = 1\n")));
        Assert.Equal("Linux node1 6.1.0 x\n", files.TryReadText(out _, "uname.txt"));
        Assert.Equal(["a.conf"], files.List("/etc/sysctl.d", out _));
    }

    [Fact]
    public void Gnu_and_ustar_and_plain_archives_are_read_with_long_names()
    {
        string longName = "etc/" + string.Concat(Enumerable.Repeat("very-long-folder-name/", 8)) + "a.conf";
        foreach (var format in new[] { TarEntryFormat.Gnu, TarEntryFormat.Pax })
        {
            using var bytes = new MemoryStream();
            using (var tar = new TarWriter(bytes, format, leaveOpen: true))
            {
                TarEntry Make(string name) => format == TarEntryFormat.Gnu
                    ? new GnuTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream("x"u8.ToArray()) }
                    : new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream("x"u8.ToArray()) };
                tar.WriteEntry(Make("uname.txt"));
                tar.WriteEntry(Make(longName));
            }

            Assert.Equal("x", Archive.Open(bytes.ToArray()).TryReadText(out _, longName));
        }
    }

    [Theory]
    [InlineData("../uname.txt")]
    [InlineData("node/../../uname.txt")]
    [InlineData("/etc/shadow")]
    [InlineData("..\\uname.txt")]
    [InlineData("C:/uname.txt")]
    public void A_name_that_leads_out_is_refused(string name) =>
        Assert.Equal("SnapshotHostile", Refused(Archive.Make(("uname.txt", ""), (name, "x"))).ErrorId);

    [Fact]
    public void A_name_that_is_too_deep_or_too_long_is_refused()
    {
        Assert.Equal("SnapshotHostile", Refused(Archive.Make((string.Concat(Enumerable.Repeat("d/", 40)) + "uname.txt", ""))).ErrorId);
        Assert.Equal("SnapshotHostile", Refused(Archive.Make((new string('n', 2000), ""))).ErrorId);
    }

    [Fact]
    public void A_link_leads_nowhere_but_into_the_snapshot()
    {
        var files = Archive.Open(Archive.Make(
            Archive.Entry("etc/sysctl.conf", "a = 1\n"),
            new PaxTarEntry(TarEntryType.SymbolicLink, "etc/sysctl.d/99-sysctl.conf") { LinkName = "../sysctl.conf" },
            new PaxTarEntry(TarEntryType.SymbolicLink, "etc/sysctl.d/50-mask.conf") { LinkName = "/dev/null" },
            new PaxTarEntry(TarEntryType.SymbolicLink, "etc/sysctl.d/10-out.conf") { LinkName = "../../../../etc/hostname" },
            new PaxTarEntry(TarEntryType.SymbolicLink, "uname.txt") { LinkName = "/etc/passwd" },
            new PaxTarEntry(TarEntryType.SymbolicLink, "lib") { LinkName = "usr/lib" },
            Archive.Entry("usr/lib/sysctl.d/a.conf", "b = 1\n"),
            new PaxTarEntry(TarEntryType.SymbolicLink, "etc/loop") { LinkName = "loop" },
            new PaxTarEntry(TarEntryType.HardLink, "sysctl.txt") { LinkName = "/etc/shadow" },
            new PaxTarEntry(TarEntryType.HardLink, "usr/lib/sysctl.d/second.conf") { LinkName = "usr/lib/sysctl.d/a.conf" },
            new PaxTarEntry(TarEntryType.Fifo, "conntrack.txt"),
            new PaxTarEntry(TarEntryType.CharacterDevice, "ip-link.json") { DeviceMajor = 1, DeviceMinor = 5 }));
        var link = files.ReadConfiguration("/etc/sysctl.d/99-sysctl.conf");
        Assert.Equal(("a = 1\n", "/etc/sysctl.conf"), (Encoding.UTF8.GetString(link.Content.Span), link.RealPath));
        Assert.Equal((null, 0), (files.ReadConfiguration("/etc/sysctl.d/50-mask.conf").Problem, files.ReadConfiguration("/etc/sysctl.d/50-mask.conf").Content.Length));
        Assert.NotNull(files.ReadConfiguration("/etc/sysctl.d/10-out.conf").Problem);
        Assert.Equal("b = 1\n", files.TryReadText(out _, "lib/sysctl.d/a.conf"));
        Assert.Equal("b = 1\n", files.TryReadText(out _, "lib/sysctl.d/second.conf"));
        foreach (string name in new[] { "uname.txt", "etc/loop", "sysctl.txt", "conntrack.txt", "ip-link.json" })
        {
            Assert.Null(files.TryReadText(out _, name));
            Assert.Contains(name, files.Missing);
        }
    }

    [Fact]
    public void What_is_cut_off_or_changed_says_so()
    {
        byte[] whole = Archive.Make(("uname.txt", new string('x', 5000)), ("sysctl.txt", string.Concat(Enumerable.Range(0, 20000).Select(i => i * 7919L % 104729))));
        string? settings = Archive.Open(whole).TryReadText(out _, "sysctl.txt");
        Assert.NotNull(settings);
        int step = whole.Length / 60;
        foreach (int length in Enumerable.Range(0, whole.Length).Where(length => length % step == 0 || length > whole.Length - 40))
        {
            Assert.Contains(Refused(whole[..length]).ErrorId, new[] { "SnapshotDamaged", "SnapshotNone" });
        }

        foreach (int at in Enumerable.Range(0, whole.Length).Where(at => at > step && (at % step == 0 || at > whole.Length - 40)))
        {
            byte[] changed = [.. whole];
            changed[at] ^= 4;
            try
            {
                // Near the end are bits that only fill a byte up.
                Assert.Equal(settings, Archive.Open(changed).TryReadText(out _, "sysctl.txt"));
                Assert.InRange(at, whole.Length - 24, whole.Length - 9);
            }
            catch (NodeException e)
            {
                Assert.Contains(e.ErrorId, new[] { "SnapshotDamaged", "SnapshotHostile", "SnapshotTooLarge" });
            }
        }

        using var unpacked = new MemoryStream();
        using (var packed = new GZipStream(new MemoryStream(whole), CompressionMode.Decompress))
        {
            packed.CopyTo(unpacked);
        }

        byte[] tar = unpacked.ToArray();
        Assert.Equal("SnapshotDamaged", Refused(tar[..(tar.Length - 2048)]).ErrorId);
        tar[Array.LastIndexOf(tar, (byte)'u') + 1] ^= 1;
        Assert.Contains(Refused(tar).ErrorId, new[] { "SnapshotDamaged", "SnapshotNone" });
        Assert.Equal("SnapshotNone", Refused("nothing of the kind, but it is longer than a block of an archive"u8.ToArray().Concat(new byte[1024]).ToArray()).ErrorId);
        Assert.Equal("SnapshotNone", Refused(Archive.Make(("readme.md", "no snapshot"))).ErrorId);
    }

    [Fact]
    public void A_bomb_is_refused_before_it_fills_the_memory()
    {
        // 600 MiB of nothing in half a megabyte.
        using var bytes = new MemoryStream();
        using (var packed = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] header = new byte[512];
            Encoding.ASCII.GetBytes("sysctl.txt").CopyTo(header, 0);
            Encoding.ASCII.GetBytes(Convert.ToString(600L << 20, 8).PadLeft(11, '0')).CopyTo(header, 124);
            header[156] = (byte)'0';
            header.AsSpan(148, 8).Fill((byte)' ');
            Encoding.ASCII.GetBytes(Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
            packed.Write(header);
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 600; i++)
            {
                packed.Write(zeros);
            }
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal("SnapshotTooLarge", Refused(bytes.ToArray()).ErrorId);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    [Fact]
    public void A_folder_with_a_fifo_and_links_neither_waits_nor_leads_out()
    {
        using var root = new TemporaryRoot();
        string folder = root.Root.Path;
        File.WriteAllText(folder + "/uname.txt", "Linux\n");
        File.CreateSymbolicLink(folder + "/sysctl.txt", "/etc/passwd");
        using (var process = System.Diagnostics.Process.Start("mkfifo", folder + "/conntrack.txt"))
        {
            process.WaitForExit();
        }

        var node = new SnapshotNode(folder);
        Assert.Null(node.Sysctls.ListKeys(default));
        Assert.Empty(node.Conntrack.Read(K8sNetfilter.Conntrack.ConntrackFilter.All, _ => { }, default) ?? []);
        Assert.Contains("sysctl.txt", node.MissingFiles);
        // What is not read is not an empty table.
        Assert.Null(node.Conntrack.Read(K8sNetfilter.Conntrack.ConntrackFilter.All, _ => { }, default));
        Assert.Contains("conntrack.txt", node.MissingFiles);
    }
}
