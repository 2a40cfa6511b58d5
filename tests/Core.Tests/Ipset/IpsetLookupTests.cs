using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Ipset;
using K8sNetfilter.Logic;
using K8sNetfilter.Tests.Nodes;

namespace K8sNetfilter.Tests.Ipset;

/// <summary>
/// Look-ups by the words of the kernel's source, for what a kernel at hand may lack; the rest is held against the kernel itself.
/// </summary>
public sealed class IpsetLookupTests
{
    private const string Head = " family inet hashsize 1024 maxelem 65536";

    private static MatchOutcome Test(
        string sets, string directions, bool returnNomatch = false, string source = "10.0.0.2", string destination = "10.0.1.3",
            byte protocol = 6, int port = 80, uint mark = 0, string input = "eth0",
        bool isLocal = false)
    {
        var catalog = PlainIpsets.Parse(sets);
        Assert.Empty(catalog.Problems);
        var packet = new IpsetPacket
        {
            SourceKnown = true, Source = AddressBits.From(IPAddress.Parse(source)), Destination =
                AddressBits.From(IPAddress.Parse(destination)), Family = IPFamily.IPv4, Protocol = protocol, SourcePort = 40000,
            DestinationPort = port, IcmpType = 8, IcmpCode = 0, Mark = mark, MarkKnown = uint.MaxValue, In = input, Out = "", IsLocal =
                isLocal,
        };
        return IpsetLookup.Test(catalog.Sets[^1], catalog, packet,
            new IpsetQuestion { Sources = [.. directions.Split(',').Select(d => d == "src")], ReturnsNomatch = returnNomatch }).Outcome;
    }

    [Theory]
    [InlineData("10.0.0.0/24,10.0.1.0/24", "src,dst", MatchOutcome.Yes)]
    [InlineData("10.0.0.0/24,10.0.1.0/24", "dst,src", MatchOutcome.No)]
    [InlineData("10.0.0.0/8,10.0.0.0/8\nadd s 10.0.0.0/24,10.0.0.0/16 nomatch", "src,dst", MatchOutcome.No)]

    // The first prefix is the outer loop: the longest of it decides, whatever the second has.
    [InlineData("10.0.0.0/24,10.0.0.0/8 nomatch\nadd s 10.0.0.0/16,10.0.1.3", "src,dst", MatchOutcome.No)]
    [InlineData("10.0.0.0/24,10.0.0.0/8\nadd s 10.0.0.0/16,10.0.1.3 nomatch", "src,dst", MatchOutcome.Yes)]
    public void Two_prefixes(string element, string directions, MatchOutcome expected) =>
        Assert.Equal(expected, Test($"create s hash:net,net{Head}\nadd s {element}", directions));

    [Fact]
    public void Two_prefixes_with_a_port()
    {
        const string Set = $"create s hash:net,port,net{Head}\nadd s 10.0.0.0/8,tcp:80,10.0.0.0/8\nadd s 10.0.0.0/24,tcp:80,10.0.1.0/24 nomatch";
        Assert.Equal(MatchOutcome.No, Test(Set, "src,dst,dst"));
        Assert.Equal(MatchOutcome.Yes, Test(Set, "src,dst,dst", returnNomatch: true));
        Assert.Equal(MatchOutcome.Yes, Test(Set, "dst,dst,src"));
        Assert.Equal(MatchOutcome.No, Test(Set, "dst,src,src"));
        Assert.Equal(MatchOutcome.No, Test(Set, "dst,dst"));
    }

    [Fact]
    public void Marks_are_masked()
    {
        const string Set = $"create s hash:ip,mark{Head} markmask 0x0000ff00\nadd s 10.0.0.2,0x00002a00";
        Assert.Equal(MatchOutcome.Yes, Test(Set, "src,src", mark: 0x12a34));
        Assert.Equal(MatchOutcome.No, Test(Set, "src,src", mark: 0x34));
    }

    [Fact]
    public void A_hardware_address_is_open_and_none_for_what_is_made_here()
    {
        const string Set = "create s hash:mac hashsize 1024 maxelem 65536\nadd s 00:11:22:33:44:55";
        Assert.Equal(MatchOutcome.Unknown, Test(Set, "src"));
        Assert.Equal(MatchOutcome.No, Test(Set, "src", isLocal: true));
        Assert.Equal(MatchOutcome.No, Test("create s hash:mac hashsize 1024 maxelem 65536", "src"));
        Assert.Equal(MatchOutcome.Unknown, Test($"create s hash:ip,mac{Head}\nadd s 10.0.0.2,00:11:22:33:44:55", "src,src"));
        Assert.Equal(MatchOutcome.Yes, Test("create s bitmap:ip,mac range 10.0.0.0-10.0.0.255\nadd s 10.0.0.2", "src,src"));
        Assert.Equal(MatchOutcome.No, Test("create s bitmap:ip,mac range 10.0.0.0-10.0.0.255\nadd s 10.0.0.3", "src,src"));
    }

    [Fact]
    public void The_same_network_with_other_interfaces_ends_the_search()
    {
        const string Set = $"create s hash:net,iface{Head}\nadd s 0.0.0.0/0,eth0\nadd s 10.0.0.0/24,eth1";
        Assert.Equal(MatchOutcome.No, Test(Set, "src,src"));
        Assert.Equal(MatchOutcome.Yes, Test(Set, "dst,src"));

        // An element for a bridge port does so only if the hash happens to put it there.
        Assert.Equal(MatchOutcome.Unknown, Test(Set.Replace("eth1", "physdev:eth1", StringComparison.Ordinal), "src,src"));
        Assert.Equal(MatchOutcome.Yes, Test(Set + "\nadd s 10.0.0.0/24,e wildcard", "src,src"));
    }

    [Fact]
    public void A_list_has_its_members_and_not_their_exceptions()
    {
        const string Sets = $"create a hash:net{Head}\nadd a 10.0.0.0/8\nadd a 10.0.0.0/24 nomatch\ncreate b hash:ip,port{Head}\nadd b 10.0.0.2,tcp:80\n"
            + "create six hash:ip family inet6\ncreate l list:set size 8\nadd l six\nadd l a\nadd l b";
        Assert.Equal(MatchOutcome.No, Test(Sets, "src"));
        Assert.Equal(MatchOutcome.Yes, Test(Sets, "src,dst"));
        Assert.Equal(MatchOutcome.Yes, Test(Sets, "dst"));
        Assert.Equal(MatchOutcome.Yes, Test(Sets, "src", returnNomatch: true));
        Assert.Equal(MatchOutcome.Unknown, Test(Sets + "\nadd l gone", "src"));
        Assert.Equal(MatchOutcome.Yes, Test(Sets + "\nadd l gone", "dst"));
    }

    [Theory]
    [InlineData(IpsetCounterOperator.Greater, 4ul, MatchOutcome.Yes)]
    [InlineData(IpsetCounterOperator.Greater, 5ul, MatchOutcome.Unknown)]
    [InlineData(IpsetCounterOperator.Less, 5ul, MatchOutcome.No)]
    [InlineData(IpsetCounterOperator.Less, 6ul, MatchOutcome.Unknown)]
    [InlineData(IpsetCounterOperator.Equal, 4ul, MatchOutcome.No)]
    [InlineData(IpsetCounterOperator.Equal, 5ul, MatchOutcome.Unknown)]
    [InlineData(IpsetCounterOperator.NotEqual, 4ul, MatchOutcome.Yes)]
    internal void A_counter_only_grows(IpsetCounterOperator comparison, ulong value, MatchOutcome expected) =>
        Assert.Equal(expected, new IpsetCounterTest(comparison, value).Test(5));
}
