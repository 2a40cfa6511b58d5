using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using K8sNetfilter.Snapshots.Reading;

namespace K8sNetfilter.Tests.Snapshots;

/// <summary>Makes archives, good and bad.</summary>
internal static class Archive
{
    public static byte[] Make(params (string Name, string Content)[] files) => Make([.. files.Select(f => Entry(f.Name, f.Content))]);

    public static byte[] Make(params TarEntry[] entries)
    {
        using var bytes = new MemoryStream();
        using (var packed = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(packed))
        {
            foreach (var entry in entries)
            {
                tar.WriteEntry(entry);
            }
        }

        return bytes.ToArray();
    }

    // Always the same bytes: where an archive can be cut without a loss depends on how long it is.
    public static TarEntry Entry(string name, string content) =>
        new PaxTarEntry(TarEntryType.RegularFile, name) { ModificationTime = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) };

    public static SnapshotFiles Open(byte[] archive) => SnapshotFiles.Open("node.tar.gz", new MemoryStream(archive), CancellationToken.None);
}
