using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Ipset;
using K8sNetfilter.Tests.Nodes;

namespace K8sNetfilter.Tests.Ipset;

/// <summary>The text of <c>ipset save</c>: what is read is written again as it was.</summary>
public sealed class IpsetTextTests
{
    // As ipset 7.17 printed it on Linux 6.18; the types that this kernel has not are as lib/ipset_hash_*.c writes them.
    private const string Saved = """
        create a hash:net family inet hashsize 1024 maxelem 65536 timeout 600 counters comment skbinfo bucketsize 12 initval 0x1b8a08d4
        add a 10.0.0.0/8 timeout 498 nomatch packets 5 bytes 6 comment "x y 'z" skbmark 0x11/0xff skbprio 1:10 skbqueue 3
        add a 10.1.2.3 timeout 0 packets 0 bytes 0
        create b bitmap:ip range 10.0.0.0-10.0.255.255 netmask 24 timeout 0 counters
        add b 10.0.3.0 timeout 0 packets 0 bytes 0
        create m bitmap:ip,mac range 10.0.0.0-10.0.255.255
        add m 10.0.0.1,00:11:22:AA:BB:CC
        add m 10.0.0.2
        create p bitmap:port range 1-1024
        add p 80
        create ip hash:ip family inet hashsize 128 maxelem 100 netmask 24 bucketsize 12 initval 0x41b7403d
        add ip 10.2.3.0
        create ipb hash:ip family inet hashsize 1024 maxelem 65536 bitmask 255.0.255.0 bucketsize 12 initval 0xc5073771
        create ip6 hash:ip family inet6 hashsize 1024 maxelem 65536 netmask 64 bucketsize 12 initval 0xa49bc925
        add ip6 fd00:0:0:1::
        create pi hash:ip,port family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x90ded9fc
        add pi 10.0.0.1,sctp:80
        add pi 10.0.0.1,icmp:echo-request
        add pi 10.0.0.1,vrrp:0
        add pi 10.0.0.1,icmp:8/3
        add pi 10.0.0.1,200:0
        create pi6 hash:ip,port family inet6 hashsize 1024 maxelem 65536 bucketsize 12 initval 0x83d0b4bc
        add pi6 fd00::1,ipv6-icmp:echo-request
        create pip hash:ip,port,ip family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x6080cc79
        add pip 10.0.0.1,tcp:80,10.0.0.2
        create pin hash:ip,port,net family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0xf9bcc10f
        add pin 10.0.0.1,tcp:80,10.0.0.0/24
        create ni hash:net,iface family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0xab031d91
        add ni 10.0.0.0/24,eth0
        add ni 10.0.0.0/24,eth wildcard
        add ni 0.0.0.0/0,physdev:eth0
        create mac hash:mac hashsize 1024 maxelem 65536 bucketsize 12 initval 0x00000001
        add mac 00:11:22:AA:BB:CC
        create im hash:ip,mark family inet hashsize 1024 maxelem 65536 markmask 0x0000ffff bucketsize 12 initval 0x00000001
        add im 10.0.0.1,0x0000002a
        create l list:set size 8 timeout 100
        add l a timeout 99
        add l pi timeout 99

        """;

    [Fact]
    public void What_is_read_is_written_as_it_was()
    {
        var sets = PlainIpsets.Parse(Saved);
        Assert.Empty(sets.Problems);
        Assert.Equal(Saved.ReplaceLineEndings("\n"), Write(sets));
    }

    [Fact]
    public void A_list_is_read_like_the_saved_text()
    {
        var sets = PlainIpsets.Parse("""
            Name: a
            Type: hash:net,iface
            Revision: 8
            Header: family inet hashsize 1024 maxelem 65536 timeout 600 bucketsize 12 initval 0xab031d91
            Size in memory: 664
            References: 0
            Number of entries: 2
            Members:
            10.0.0.0/24,eth0 timeout 12
            0.0.0.0/0,physdev:eth0 timeout 0 nomatch

            Name: p
            Type: bitmap:port
            Header: range 1-1024
            Members:
            80
            """);
        Assert.Empty(sets.Problems);
        Assert.Equal(["a 2", "p 1"], sets.Sets.Select(s => $"{s.Name} {s.Count}"));
        Assert.Equal(12u, sets.Find("a")![0].Timeout);
        Assert.True(sets.Find("a")![1] is { IsNomatch: true, IsPhysical: true });
    }

    [Theory]
    [InlineData("add a 10.0.0.0/33", 1)]
    [InlineData("add a 10.0.0.300", 1)]
    [InlineData("add a fd00::1", 1)]
    [InlineData("add a 10.0.0.1 timeout x", 1)]
    [InlineData("add a 10.0.0.1 what", 1)]
    [InlineData("add other 10.0.0.1", 0)]
    [InlineData("hello", 0)]
    public void What_cannot_be_read_is_noted(string line, int unread)
    {
        var sets = PlainIpsets.Parse("create a hash:net family inet hashsize 64 maxelem 10\n" + line);
        Assert.Single(sets.Problems);
        Assert.Equal(unread, sets.Find("a")!.Unread);
    }

    [Fact]
    public void A_set_of_a_type_that_is_not_known_is_kept()
    {
        var sets = PlainIpsets.Parse("create a hash:new,thing family inet\nadd a 10.0.0.1\ncreate b hash:ip shape round\nadd b 10.0.0.1");
        Assert.Null(sets.Find("a")!.Type);
        Assert.Equal(1, sets.Find("a")!.Count);
        Assert.Null(sets.Find("b")!.Type);
    }

    [Fact]
    public void Many_elements_with_one_network_are_read_in_linear_time()
    {
        var reader = new IpsetTextReader();
        reader.Read("create big hash:net,iface family inet hashsize 1024 maxelem 2000000");
        for (int i = 0; i < 300_000; i++)
        {
            reader.Read($"add big 10.0.0.0/8,e{i}");
        }

        Assert.Equal(300_000, reader.Catalog.Find("big")!.Count);
    }

    [Fact]
    public void Text_that_was_damaged_is_read_without_a_failure_and_written_the_same_again()
    {
        const string Signs = " \n:,./-0123456789abcdefx\"\u001b\u202e";
        var random = new Random(7);
        for (int i = 0; i < 3000; i++)
        {
            char[] text = Saved.ToCharArray();
            for (int n = random.Next(1, 12); n > 0; n--)
            {
                text[random.Next(text.Length)] = Signs[random.Next(Signs.Length)];
            }

            string once = Write(PlainIpsets.Parse(new string(text)));
            Assert.Equal(once, Write(PlainIpsets.Parse(once)));
            Assert.DoesNotContain('\u001b', once);
        }
    }

    private static string Write(IpsetCatalog sets)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        IpsetText.Write(text, sets, CancellationToken.None);
        return text.ToString();
    }

    [Fact]
    public void More_elements_than_are_kept_leave_the_set_open()
    {
        var reader = new IpsetTextReader(mostElements: 2);
        reader.Read("create a hash:ip family inet");
        for (int i = 1; i < 6; i++)
        {
            reader.Read($"add a 10.0.0.{i}");
        }

        Assert.Equal(2, reader.Catalog.Find("a")!.Count);
        Assert.Equal(3, reader.Catalog.Find("a")!.Unread);
        Assert.Equal(IPFamily.IPv4, reader.Catalog.Find("a")!.Header.Family);
    }
}
