using System.Buffers.Binary;
using System.Text;

namespace K8sNetfilter.Tests.Modules;

/// <summary>Writes depmod's binary indexes (libkmod/libkmod-index.h describes the format).</summary>
internal static class BinaryIndexWriter
{
    /// <summary>The bytes of an index: one node a character, which is a sound tree too.</summary>
    public static byte[] Write(Dictionary<string, string[]> entries)
    {
        var output = new MemoryStream();
        output.Write([0xB0, 0x07, 0xF4, 0x57, 0, 2, 0, 1, 0, 0, 0, 0]);
        uint root = WriteNode(output, entries.Select(e => (e.Key, e.Value)).ToList());
        byte[] bytes = output.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8), root);
        return bytes;
    }

    private static uint WriteNode(MemoryStream output, List<(string Key, string[] Values)> entries)
    {
        string prefix = entries.Count == 1 ? entries[0].Key : "";
        entries = [.. entries.Select(e => (e.Key[prefix.Length..], e.Values))];
        var children = entries.Where(e => e.Key.Length != 0).GroupBy(e => e.Key[0])
            .ToDictionary(g => g.Key, g => WriteNode(output, [.. g.Select(e => (e.Key[1..], e.Values))]));
        string[]? values = entries.Where(e => e.Key.Length == 0).Select(e => e.Values).FirstOrDefault();
        uint offset = (uint)output.Position;
        if (prefix.Length != 0)
        {
            output.Write(Encoding.Latin1.GetBytes(prefix + '\0'));
            offset |= 0x80000000;
        }

        if (children.Count != 0)
        {
            offset |= 0x20000000;
            output.WriteByte((byte)children.Keys.Min());
            output.WriteByte((byte)children.Keys.Max());
            for (char c = children.Keys.Min(); c <= children.Keys.Max(); c++)
            {
                Number(output, children.GetValueOrDefault(c));
            }
        }

        if (values is not null)
        {
            offset |= 0x40000000;
            Number(output, (uint)values.Length);
            foreach (string value in values)
            {
                Number(output, 0);
                output.Write(Encoding.Latin1.GetBytes(value + '\0'));
            }
        }

        return offset;
    }

    private static void Number(MemoryStream output, uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        output.Write(bytes);
    }
}
