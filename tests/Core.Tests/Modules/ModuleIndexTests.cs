using CsCheck;
using K8sNetfilter.Errors;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

public sealed class ModuleIndexTests
{
    [Fact]
    public void What_is_in_a_binary_index_is_found()
    {
        var index = new BinaryModuleIndex(BinaryIndexWriter.Write(new() { ["bridge"] = ["b"], ["br_netfilter"] = ["n"], ["br"] = ["x"], ["overlay"] = ["o"] }), "dep");
        Assert.Equal("n", index.Find("br_netfilter"));
        Assert.Equal("x", index.Find("br"));
        Assert.Null(index.Find("b"));
        Assert.Null(index.Find("bridges"));
        Assert.Equal(["br", "br_netfilter", "bridge", "overlay"], index.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Wildcards_in_its_keys_match()
    {
        var index = new BinaryModuleIndex(BinaryIndexWriter.Write(new() { ["pci:v1d*"] = ["a"], ["pci:v*"] = ["b"], ["pci:v1d2"] = ["c"], ["[xy]z"] = ["d"] }), "alias");
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
            var binary = new BinaryModuleIndex(BinaryIndexWriter.Write(pairs), "x");
            var text = new TextModuleIndex(pairs.Select(p => KeyValuePair.Create(p.Key, p.Value[0])));
            return binary.FindMatching(name).Order(StringComparer.Ordinal).SequenceEqual(text.FindMatching(name).Order(StringComparer.Ordinal))
                && keys.All(k => binary.Find(k) == text.Find(k));
        });
    }

    [Fact]
    public void Damaged_indexes_say_so_and_end()
    {
        byte[] sound = BinaryIndexWriter.Write(new() { ["bridge"] = ["b"], ["br_netfilter"] = ["n"], ["overlay"] = ["o"] });
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

    [Fact]
    public void Every_key_of_an_index_from_any_text_is_found() =>
        Gen.OneOf("kernel/a.ko", ":", "alias ", "*", "[", " ", "\n", "#", "a-b", "symbol:x").Array[0, 20].Select(string.Concat).Sample(text =>
        {
            foreach (var index in new[] { TextModuleIndex.FromDependencies(text), TextModuleIndex.FromBuiltIns(text), TextModuleIndex.FromAliases(text) })
            {
                Assert.All(index.Keys, key => Assert.NotNull(index.Find(key)));
                Assert.All(index.Keys, key => Assert.Contains(index.Find(key)!, index.FindMatching(key)));
            }
        });

    /// <summary>What a fuzzer found: 180 bytes that lead from one node to the next two million times.</summary>
    [Fact]
    public void An_index_that_points_back_into_itself_ends_soon()
    {
        byte[] loop = Convert.FromHexString(
            "b007f4570002001120000006000000006b65726e6500000000000000000000046c2f62725f6e657466695a746572b76b6f1e206b65726e656c2f6272"
            + "690000000000000000000000800000000000000000000000000000000000000004000000d9d9d9d9000c000000016467652e6b6f005f692012676500"
            + "0000000100000000000000008000000000000000000000000000000000040000000000c000000c0000000100000000007272600000736262200000aa");
        Assert.Equal("ModuleIndexMalformed", Assert.Throws<NodeException>(() => new BinaryModuleIndex(loop, "x").Keys.Count()).ErrorId);
    }

    [Fact]
    public void The_last_value_of_the_lowest_priority_comes_first() =>
        Assert.Equal(["c", "b", "a"], new BinaryModuleIndex(BinaryIndexWriter.Write(new() { ["x*"] = ["a", "b", "c"] }), "x").FindMatching("xy"));
}
