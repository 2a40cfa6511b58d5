using System.Net;
using CsCheck;
using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;

namespace K8sNetfilter.Tests.Conntrack;

public sealed class ConntrackTextTests
{
    [Fact]
    public void A_call_of_a_Service_that_got_no_reply()
    {
        var entry = Parse(
            "tcp      6 117 SYN_SENT src=10.244.0.2 dst=10.96.0.10 sport=38616 dport=80 [UNREPLIED] src=10.244.0.3 dst=10.244.0.2 sport=8080 dport=38616 mark=0 use=1");
        Assert.Equal(IPFamily.IPv4, entry.Family);
        Assert.Equal("tcp", entry.Protocol);
        Assert.Equal("SYN_SENT", entry.State);
        Assert.Equal(117, entry.Timeout);
        Assert.Equal("10.244.0.2", entry.Source);
        Assert.Equal(38616, entry.SourcePort);
        Assert.Equal("10.96.0.10", entry.Destination);
        Assert.Equal(80, entry.DestinationPort);
        Assert.Equal("10.244.0.3", entry.ReplySource);
        Assert.Equal(8080, entry.ReplySourcePort);
        Assert.Equal("10.244.0.2", entry.ReplyDestination);
        Assert.Equal(38616, entry.ReplyDestinationPort);
        Assert.True(entry.IsUnreplied);
        Assert.True(entry.IsDnat);
        Assert.False(entry.IsSnat);
        Assert.False(entry.IsAssured);
        Assert.Null(entry.Id);
        Assert.Null(entry.Packets);
        Assert.Equal(0u, entry.Mark);
    }

    [Fact]
    public void All_that_the_tool_can_print()
    {
        var entry = Parse(
            "ipv6     10 tcp      6 431999 ESTABLISHED src=fd00::2 dst=fd00:96::a sport=1 dport=443 packets=3 bytes=200 src=fd00::3 dst=fd00::1 sport=8443 dport=4000 "
            + "packets=2 bytes=18446744073709551615 [ASSURED] mark=16384 secctx=system_u:object_r:unlabeled_t:s0 zone=7 delta-time=12 "
            + "[start=Sun Nov  2 20:22:00 2025] [stop=Sun Nov  2 20:22:12 2025] helper=ftp use=2 id=496406359 labels=one,seven");
        Assert.Equal(IPFamily.IPv6, entry.Family);
        Assert.True(entry.IsAssured && entry.IsDnat && entry.IsSnat && !entry.IsUnreplied);
        Assert.Equal((3ul, 200ul, 2ul, ulong.MaxValue), (entry.Packets, entry.Bytes, entry.ReplyPackets, entry.ReplyBytes));
        Assert.Equal((0x4000u, 7, ConntrackZoneDirection.Both, 496406359u), (entry.Mark, entry.Zone, entry.ZoneDirection, entry.Id));
        Assert.Equal("ftp", entry.Helper);
        Assert.Equal("system_u:object_r:unlabeled_t:s0", entry.SecurityContext);
        Assert.Equal(["one", "seven"], entry.Labels);
        Assert.Equal(new DateTime(2025, 11, 2, 20, 22, 0), entry.StartTime);
        Assert.Equal(DateTimeKind.Unspecified, entry.StartTime!.Value.Kind);
        Assert.Equal(new DateTime(2025, 11, 2, 20, 22, 12), entry.StopTime);
    }

    [Theory]
    // conntrack -L and -L -o extended,id, conntrack-tools 1.4.7 on Linux 6.18.
    [InlineData("ipv4     2 icmp     1 99 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=77 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=77 mark=0 use=1 id=2272431307")]
    [InlineData("ipv6     10 icmpv6   58 99 src=fc00::1 dst=fc00::2 type=128 code=0 id=77 [UNREPLIED] src=fc00::2 dst=fc00::1 type=129 code=0 id=77 mark=0 use=1 id=1")]
    [InlineData("ipv4     2 udplite  136 99 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=3 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=3 dport=1 mark=0 use=1 id=1435039074")]
    [InlineData("ipv4     2 udp      17 99 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=3 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=3 dport=1 mark=0 zone=5 use=1 id=232312043")]
    [InlineData("ipv4     2 sctp     132 99 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1 dport=3 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=3 dport=1 mark=0 use=1 id=1432706661")]
    [InlineData("ipv4     2 unknown  50 99 src=10.0.0.1 dst=10.0.0.2 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 mark=0 use=1 id=3486502217")]
    [InlineData("ipv4     2 dccp     33 99 src=10.0.0.1 dst=10.0.0.2 sport=0 dport=0 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=0 dport=0 mark=0 use=1 id=77478204")]
    [InlineData("ipv4     2 gre      47 99 src=10.0.0.1 dst=10.0.0.2 srckey=0x11 dstkey=0x22 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 srckey=0x22 dstkey=0x11 mark=0 use=1 id=518424505")]
    [InlineData("ipv4     2 tcp      6 999 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=23 zone-orig=3 packets=0 bytes=0 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=23 dport=1 packets=0 bytes=0 mark=5 use=1 id=3303937662")]
    [InlineData("ipv4     2 tcp      6 999 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=24 packets=0 bytes=0 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=24 dport=1 zone-reply=4 packets=0 bytes=0 mark=5 use=1 id=3381150313")]
    public void A_line_of_the_tool_is_written_as_it_was_read(string line)
    {
        string expected = line.Replace(" use=1", "", StringComparison.Ordinal);
        Assert.Equal(expected, Parse(line).ToString());
        // Without the options the tool leaves the family and the identifier out, and nothing else is lost.
        string bare = Parse(line) is var entry ? ConntrackText.Format(entry, ConntrackTextParts.None) : "";
        Assert.Equal(bare, ConntrackText.Format(Parse(bare), ConntrackTextParts.None));
        Assert.Equal(entry.Source, Parse(bare).Source);
    }

    [Theory]
    // /proc/net/nf_conntrack of the same kernel.
    [InlineData("ipv4     2 gre      47 99 timeout=0, stream_timeout=0 src=10.0.0.1 dst=10.0.0.2 srckey=0x11 dstkey=0x22 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 srckey=0x22 dstkey=0x11 mark=0 zone=0 use=2", "gre", 99)]
    [InlineData("ipv4     2 unknown  33 99 src=10.0.0.1 dst=10.0.0.2 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 mark=0 zone=0 use=2", "dccp", 99)]
    [InlineData("ipv6     10 udp      17 29 src=0000:0000:0000:0000:0000:0000:0000:0001 dst=0000:0000:0000:0000:0000:0000:0000:0001 sport=1 dport=2 src=0000:0000:0000:0000:0000:0000:0000:0001 dst=0000:0000:0000:0000:0000:0000:0000:0001 sport=2 dport=1 mark=0 zone=0 use=2", "udp", 29)]
    [InlineData("ipv4     2 tcp      6 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=24 src=10.0.0.2 dst=10.0.0.1 sport=24 dport=1 [OFFLOAD] mark=5 zone=0 use=2", "tcp", null)]
    public void A_line_of_the_kernel(string line, string protocol, int? seconds)
    {
        var entry = Parse(line);
        Assert.Equal(protocol, entry.Protocol);
        Assert.Equal(seconds, (int?)entry.Timeout);
        Assert.False(entry.IsDnat || entry.IsSnat);
        Assert.Equal(seconds is null, (entry.Status & ConntrackStatus.Offload) != 0);
    }

    [Fact]
    public void What_GRE_and_ICMP_have_instead_of_ports()
    {
        var gre = Parse("gre      47 99 src=10.0.0.1 dst=10.0.0.2 srckey=0x11 dstkey=0xffff src=10.0.0.2 dst=10.0.0.1 srckey=0xffff dstkey=0x11");
        Assert.Equal((0x11, 0xffff, 0xffff, 0x11), (gre.SourceKey, gre.DestinationKey, gre.ReplySourceKey, gre.ReplyDestinationKey));
        Assert.Null(gre.SourcePort);
        var icmp = Parse("icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=77 src=10.0.0.2 dst=10.0.0.9 type=0 code=0 id=78 mark=0 use=1 id=5");
        Assert.Equal((8, 0, 77, 0, 0, 78), (icmp.IcmpType, icmp.IcmpCode, icmp.IcmpId, icmp.ReplyIcmpType, icmp.ReplyIcmpCode, icmp.ReplyIcmpId));
        Assert.Equal(5u, icmp.Id);
        Assert.True(icmp.IsSnat);
        Assert.False(icmp.IsDnat);
        Assert.Null(icmp.DestinationPort);
    }

    [Theory]
    [InlineData("")]
    [InlineData("conntrack v1.4.7 (conntrack-tools): 8 flow entries have been shown.")]
    [InlineData("tcp      6 999 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=3")]
    [InlineData("tcp      6 999 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=3 [UNREPLIED] src=10.3.3.3")]
    [InlineData("tcp      6 999 SYN_SENT src=10.0.0.1 sport=1 dport=3 [UNREPLIED] src=10.3.3.3 dst=10.0.0.1")]
    [InlineData("tcp      6 999 SYN_SENT src=10.0.0.1 dst=fd00::1 src=10.3.3.3 dst=10.0.0.1")]
    [InlineData("tcp      6 999 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=65536 dport=1 src=10.0.0.2 dst=10.0.0.1 sport=1 dport=1")]
    [InlineData("tcp      6 999 SYN_SENT src=10.0.0.1 dst=10.0.0.2 src=10.0.0.2 dst=10.0.0.1 src=1.1.1.1 dst=1.1.1.2")]
    [InlineData("tcp      6 999 SYN_SENT src=10.0.0.1 dst=10.0.0.2 src=10.0.0.2 dst=10.0.0.1 mark=-1")]
    [InlineData("ipv6     10 tcp      6 999 SYN_SENT src=10.0.0.1 dst=10.0.0.2 src=10.0.0.2 dst=10.0.0.1")]
    [InlineData("tcp      256 999 src=10.0.0.1 dst=10.0.0.2 src=10.0.0.2 dst=10.0.0.1")]
    [InlineData("ipv4")]
    [InlineData("[NEW]")]
    public void What_is_no_entry_is_refused_with_a_reason(string line)
    {
        Assert.False(ConntrackText.TryParse(line, out _, out string? problem));
        Assert.NotEmpty(problem!);
    }

    [Fact]
    public void A_line_cut_short_is_never_another_entry()
    {
        const string line = "ipv4     2 tcp      6 117 SYN_SENT src=10.244.0.2 dst=10.96.0.10 sport=38616 dport=80 [UNREPLIED] src=10.244.0.3 dst=10.244.0.2";
        for (int length = 0; length < line.LastIndexOf(' ') + 5; length++)
        {
            Assert.False(ConntrackText.TryParse(line.AsSpan(0, length), out _, out _), line[..length]);
        }
    }

    [Fact]
    public void An_endless_line_is_refused() =>
        Assert.False(ConntrackText.TryParse("tcp 6 1 " + new string('x', 10_000_000), out _, out _));

    [Fact]
    public void What_is_written_is_read_back() => ConntrackGen.Record.Sample(record =>
    {
        var entry = new ConntrackEntry(record);
        string line = ConntrackText.Format(entry, ConntrackTextParts.All);
        Assert.True(ConntrackText.TryParse(line, out var read, out string? problem), problem + ": " + line);
        Assert.Equal(line, ConntrackText.Format(new ConntrackEntry(read), ConntrackTextParts.All));
        Assert.Equal(record.Original, read.Original);
        Assert.Equal(record.Reply, read.Reply);
        Assert.Equal((record.Id, record.Mark, record.Zone, record.ZoneDirection), (read.Id, read.Mark, read.Zone, read.ZoneDirection));
        Assert.Equal((record.Packets, record.ReplyBytes), (read.Packets, read.ReplyBytes));
        // The entry gives back what it was made of.
        Assert.Equal(record.Original, entry.ToRecord().Original);
        Assert.Equal(record.Parts, entry.ToRecord().Parts);
    });

    [Fact]
    public void Any_text_is_read_or_refused_but_never_more() => Gen.String.Sample(text =>
    {
        if (ConntrackText.TryParse(text, out var record, out _))
        {
            _ = new ConntrackEntry(record).ToString();
        }
    });

    [Fact]
    public void A_name_from_outside_does_not_begin_a_new_line()
    {
        var record = default(ConntrackRecord) with { Family = IPFamily.IPv4, Protocol = 6, Helper = "a b\nc=\u001b[31m" };
        Assert.DoesNotContain(ConntrackText.Format(new ConntrackEntry(record), ConntrackTextParts.All), char.IsControl);
    }

    internal static ConntrackEntry Parse(string line)
    {
        Assert.True(ConntrackText.TryParse(line, out var record, out string? problem), problem);
        return new ConntrackEntry(record);
    }
}
