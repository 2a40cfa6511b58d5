using System.Buffers.Binary;
using K8sNetfilter.Nftables;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Sets;

namespace K8sNetfilter.Tests.Nftables;

/// <summary>What is found in sets, against reading all elements one by one as the kernel's rules are written.</summary>
public sealed class NftSetTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(5000)]
    public void A_hash_set_finds_each_of_its_keys_and_no_other(int count)
    {
        var builder = new NftElementsBuilder(4, 2);
        Span<byte> key = stackalloc byte[4], data = stackalloc byte[2];
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(key, (uint)i * 7);
            BinaryPrimitives.WriteUInt16BigEndian(data, (ushort)i);
            builder.Add(key);
            builder.Data(data);
        }

        var set = new NftSet("m", NftSetFlags.Map, 7, builder.Build());
        for (int i = 0; i < count * 7; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(key, (uint)i);
            int found = set.Find(key);
            Assert.Equal(i % 7 == 0 ? i / 7 : -1, found);
            if (found >= 0)
            {
                Assert.Equal((ushort)found, BinaryPrimitives.ReadUInt16BigEndian(set.Elements[found].Data));
            }
        }

        Assert.False(set.Contains(key[..3]));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(16)]
    public void An_interval_set_finds_the_interval_in_any_order_of_its_boundaries(int length)
    {
        // 10-19, 20-29 beside it, 100-255 to the end of the first byte's room.
        (byte Key, bool IsEnd)[] boundaries = [(20, false), (30, true), (10, false), (20, true), (100, false)];
        var builder = new NftElementsBuilder(length);
        byte[] key = new byte[length];
        foreach (var (value, isEnd) in boundaries)
        {
            key[^1] = value;
            builder.Add(key, isEnd ? NftElementFlags.IntervalEnd : NftElementFlags.None);
        }

        var set = new NftSet("s", NftSetFlags.Interval, 0, builder.Build());
        for (int i = 0; i < 256; i++)
        {
            key[^1] = (byte)i;
            Assert.Equal(i is >= 10 and < 30 or >= 100, set.Contains(key));
        }

        key[^1] = 25;
        Assert.Equal(0, set.Find(key));
        key[^1] = 15;
        Assert.Equal(2, set.Find(key));
    }

    [Fact]
    public void A_concatenation_with_ranges_finds_the_first_element_whose_fields_all_fit()
    {
        var random = new Random(5);
        var builder = new NftElementsBuilder(8);
        var elements = new List<(byte[] Low, byte[] High)>();
        for (int i = 0; i < 400; i++)
        {
            byte[] low = new byte[8], high = new byte[8];
            (low[3], high[3]) = Range(random, i % 3 == 0);
            (low[5], high[5]) = Range(random, i % 2 == 0);
            elements.Add((low, high));
            builder.Add(low);
            builder.KeyEnd(high);
        }

        var set = new NftSet("c", NftSetFlags.Interval | NftSetFlags.Concatenation, 0, builder.Build()) { FieldLengths = [4, 2] };
        byte[] key = new byte[8];
        for (int i = 0; i < 20_000; i++)
        {
            key[3] = (byte)random.Next(256);
            key[5] = (byte)random.Next(256);
            int expected = elements.FindIndex(e => key[3] >= e.Low[3] && key[3] <= e.High[3] && key[5] >= e.Low[5] && key[5] <= e.High[5]);
            Assert.Equal(expected, set.Find(key));
        }

        static (byte Low, byte High) Range(Random random, bool isOne)
        {
            int low = random.Next(250);
            return ((byte)low, (byte)(isOne ? low : low + random.Next(1, 6)));
        }
    }

    [Fact]
    public void The_element_for_all_others_is_found_last()
    {
        var builder = new NftElementsBuilder(4);
        builder.Add(default, NftElementFlags.CatchAll);
        builder.Verdict(new NftVerdict(NftVerdictCode.Drop));
        builder.Add([0, 0, 0, 0]);
        builder.Verdict(new NftVerdict(NftVerdictCode.Jump, "x"));
        var set = new NftSet("v", NftSetFlags.Map, 0, builder.Build()) { DataType = NftSet.VerdictType };
        Assert.Equal("jump x", set.Elements[set.Find([0, 0, 0, 0])].Verdict.ToString());
        Assert.Equal("drop", set.Elements[set.Find([0, 0, 0, 1])].Verdict.ToString());
        Assert.True(set.IsVerdictMap);
    }

    [Fact]
    public void Registers_of_4_and_of_16_bytes_are_over_the_same_bytes()
    {
        Assert.Equal(NftRegister.First, NftRegister.Of(8));
        Assert.Equal(new NftRegister(9), NftRegister.Of(9));
        Assert.Equal(4, NftRegister.Of(9).ByteOffset);
        Assert.Equal(new NftRegister(2), NftRegister.OfSlot(4));
        Assert.Equal(60, NftRegister.Of(23).ByteOffset);
        Assert.Equal(-1, NftRegister.None.Slot);
        Assert.Equal(-1, new NftRegister(24).Slot);
        Assert.True(NftRegister.Verdict.IsVerdict);
        Assert.Equal("reg 9", NftRegister.Of(9).ToString());
    }
}
