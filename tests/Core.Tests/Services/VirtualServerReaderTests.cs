using System.Net;
using K8sNetfilter.Services;

namespace K8sNetfilter.Tests.Services;

public sealed class VirtualServerReaderTests
{
    // In the form of ip_vs_info_seq_show (net/netfilter/ipvs/ip_vs_ctl.c): %08X and %pI6 for addresses, a blank after the scheduler.
    private const string Text = """
        IP Virtual Server version 1.2.1 (size=4096)
        Prot LocalAddress:Port Scheduler Flags
          -> RemoteAddress:Port Forward Weight ActiveConn InActConn
        TCP  0A60000A:0050 rr persistent 2700000 FFFFFFFF
          -> 0AF40002:1F90      Masq    1      0          0         
          -> 0AF40003:1F90      Masq    1      3          1         
          -> 0AF40004:1F90      Masq    0      9          0         
        TCP  C0A80005:7580 wrr 
          -> 0AF40002:1F90      Masq    3      0          0         
          -> 0AF40003:1F90      Masq    1      0          0         
        UDP  0A60000B:0035 lc ops 
          -> 0AF40002:0035      Masq    1      0          0         
        SCTP 0A60000C:01BB rr 
        TCP  [fd00:0010:0096:0000:0000:0000:0000:000a]:0050 rr 
          -> [fd00:0010:0244:0000:0000:0000:0000:0002]:1F90      Masq    1      0          0         
        FWM  00000001 rr 
          -> 0AF40009:0050      Masq    1      0          0         
        """;

    private static string[] Read(string text, params string[] addresses) =>
        [.. VirtualServerReader.Read(text.Split('\n'), addresses.Length == 0 ? null : addresses.Select(IPAddress.Parse).ToHashSet())
            .Select(s => $"{s} {s.Type} {s.Family} {(s.Affinity == TimeSpan.MaxValue ? "affine" : s.Affinity?.ToString())} {s.Refusal} -> {string.Join(", ", s.EndpointDetails.Select(e => FormattableString.Invariant($"{e}*{e.Weight}")))}")];

    [Fact]
    public void Virtual_servers_of_IPVS_are_Services() =>
        Assert.Equal(
            [
                "10.96.0.10:80/tcp ClusterIP IPv4 affine  -> 10.244.0.2:8080*0.5, 10.244.0.3:8080*0.5, 10.244.0.4:8080*0",
                "192.168.0.5:30080/tcp NodePort IPv4   -> 10.244.0.2:8080*0.75, 10.244.0.3:8080*0.25",
                "10.96.0.11:53/udp ClusterIP IPv4   -> 10.244.0.2:53*",
                "10.96.0.12:443/sctp ClusterIP IPv4  REJECT -> ",
                "[fd00:10:96::a]:80/tcp ClusterIP IPv6   -> [fd00:10:244::2]:8080*1",
            ],
            Read(Text));

    [Fact]
    public void An_address_that_is_not_on_kube_ipvs0_is_a_node_port() =>
        Assert.Equal(["ClusterIP", "NodePort", "NodePort", "ClusterIP", "NodePort"], Read(Text, "10.96.0.10", "10.96.0.12").Select(s => s.Split(' ')[1]));

    [Theory]
    [InlineData("")]
    [InlineData("TCP  0A60000A rr\nTCP  0A60000A:0050\nTCP  [zz]:0050 rr\nTCP  0A60000A:005 rr\n  -> 0AF40002:1F90 Masq 1 0 0")]
    [InlineData("  -> 0AF40002:1F90      Masq    1      0          0")]
    [InlineData("TCP  [10.0.0.1]:0050 rr\nTCP  :0050 rr\nTCP  GGGGGGGG:0050 rr")]
    public void What_is_of_no_such_shape_is_passed_by(string text) => Assert.Empty(Read(text));
}
