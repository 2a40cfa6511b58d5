using K8sNetfilter.Ipset;

namespace K8sNetfilter.Tests.Ipset;

/// <summary>What a large set takes. The memory is that of the whole process, so that no other test may run at the same time.</summary>
[Collection("memory")]
public sealed class IpsetMemoryTests
{
    [Fact]
    public void A_large_set_is_read_in_linear_time_and_little_memory()
    {
        var reader = new IpsetTextReader();
        reader.Read("create big hash:ip family inet hashsize 1024 maxelem 2000000");
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < 1_000_000; i++)
        {
            reader.Read($"add big 10.{i >> 16}.{(i >> 8) & 255}.{i & 255}");
        }

        long after = GC.GetTotalMemory(forceFullCollection: true);
        Assert.Equal(1_000_000, reader.Catalog.Find("big")!.Count);
        Assert.InRange(after - before, 1_000_000, 32 << 20);
    }

    /// <summary>Runs alone.</summary>
    [CollectionDefinition("memory", DisableParallelization = true)]
    public sealed class Alone;
}
