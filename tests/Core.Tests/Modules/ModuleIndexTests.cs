using System.Buffers.Binary;
using System.Text;
using CsCheck;
using K8sNetfilter.Errors;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

public sealed class ModuleIndexTests
{
    [Fact]
    public void What_is_in_a_binary_index_is_found()
    {
        var index = new BinaryModuleIndex(Write(new() { ["bridge"] = ["b"], ["br_netfilter"] = ["n"], ["br"] = ["x"], ["overlay"] = ["o"] }), "dep");
        Assert.Equal("n", index.Find("br_netfilter"));
        Assert.Equal("x", index.Find("br"));
        Assert.Null(index.Find("b"));
        Assert.Null(index.Find("bridges"));
        Assert.Equal(["br", "br_netfilter", "bridge", "overlay"], index.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Wildcards_in_its_keys_match()
    {
        var index = new BinaryModuleIndex(Write(new() { ["pci:v1d*"] = ["a"], ["pci:v*"] = ["b"], ["pci:v1d2"] = ["c"], ["[xy]z"] = ["d"] }), "alias");
        Assert.Equal(["a", "b", "c"], index.FindMatching("pci:v1d2").Order(StringComparer.Ordinal));
        Assert.Equal(["d"], index.FindMatching("yz"));
        Assert.Empty(index.FindMatching("pci"));
    }

    [Fact]
    public void Text_and_binary_indexes_agree()
    {
        var key = Gen.Char["ab*?"].Array[1, 5].Select(c => new string(c));
        Gen.Select(key.List[0, 12], Gen.Char["ab"].Array[1, 5].Select(c => new string(c))).Sample((keys, name) =>
        {
            var pairs = keys.Distinct().ToDictionary(k => k, k => new[] { "v" + k });
            var binary = new BinaryModuleIndex(Write(pairs), "x");
            var text = new TextModuleIndex(pairs.Select(p => KeyValuePair.Create(p.Key, p.Value[0])));
            return binary.FindMatching(name).Order(StringComparer.Ordinal).SequenceEqual(text.FindMatching(name).Order(StringComparer.Ordinal))
                && keys.All(k => binary.Find(k) == text.Find(k));
        });
    }

    [Fact]
    public void Damaged_indexes_say_so_and_end()
    {
        byte[] sound = Write(new() { ["bridge"] = ["b"], ["br_netfilter"] = ["n"], ["overlay"] = ["o"] });
        Gen.Select(Gen.Int[0, sound.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            byte[] damaged = [.. sound];
            damaged[at] = value;
            try
            {
                var index = new BinaryModuleIndex(damaged, "x");
                _ = index.Find("bridge");
                _ = index.FindMatching("bridge");
                _ = index.Keys.Count();
            }
            catch (NodeException e) when (e.ErrorId == "ModuleIndexMalformed")
            {
            }
        }, iter: 2000);
        Assert.Throws<NodeException>(() => new BinaryModuleIndex(default, "x"));
    }

    /// <summary>Writes the format: one node a character, which is a sound tree too.</summary>
    internal static byte[] Write(Dictionary<string, string[]> entries)
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
