using System.Net;
using K8sNetfilter.Listeners;
using K8sNetfilter.Logic;

namespace K8sNetfilter.Tests.Listeners;

/// <summary>What ss(8) and netstat(8) print is read as the sockets are, and what they do not say stays open.</summary>
public sealed class ListenerTextTests
{
    private const string Modern = """
        Netid State  Recv-Q Send-Q      Local Address:Port Peer Address:PortProcess
        udp   UNCONN 0      0            127.0.0.1%lo:53        0.0.0.0:*    users:(("dnsmasq",pid=87,fd=5))
        tcp   LISTEN 0      128               0.0.0.0:22        0.0.0.0:*    users:(("sshd",pid=7,fd=3))
        tcp   LISTEN 0      128                     *:8080            *:*    users:(("web",pid=87,fd=3))
        tcp   LISTEN 0      128                  [::]:8081         [::]:*    users:(("web",pid=87,fd=4))
        tcp   LISTEN 0      128    [::ffff:127.0.0.1]:8082            *:*    users:(("web",pid=87,fd=6))
        tcp   LISTEN 0      128     [fe80::1]%eth0:8083            [::]:*

        """;

    private static MatchOutcome Find(ListenerTable table, string protocol, string address, int port, string? device = "eth0") =>
        table.Find(protocol, IPAddress.Parse(address), port, device, 0, out _);

    private static ListenerTable Read(string text)
    {
        var table = ListenerText.Parse(text);
        Assert.NotNull(table);
        return table;
    }

    [Theory]
    [InlineData("tcp", "10.0.0.1", 22, MatchOutcome.Yes)]
    [InlineData("tcp", "fd00::1", 22, MatchOutcome.No)]
    [InlineData("udp", "10.0.0.1", 22, MatchOutcome.No)]
    [InlineData("tcp", "10.0.0.1", 8080, MatchOutcome.Yes)]
    [InlineData("tcp", "fd00::1", 8080, MatchOutcome.Yes)]
    [InlineData("tcp", "10.0.0.1", 8081, MatchOutcome.No)]
    [InlineData("tcp", "fd00::1", 8081, MatchOutcome.Yes)]
    [InlineData("tcp", "127.0.0.1", 8082, MatchOutcome.Yes)]
    [InlineData("tcp", "10.0.0.1", 8082, MatchOutcome.No)]
    [InlineData("tcp", "::1", 8082, MatchOutcome.No)]
    [InlineData("udp", "127.0.0.1", 53, MatchOutcome.No)]
    [InlineData("tcp", "fe80::1", 8083, MatchOutcome.Yes)]
    [InlineData("tcp", "fe80::2", 8083, MatchOutcome.No)]
    [InlineData("tcp", "10.0.0.1", 8084, MatchOutcome.No)]
    [InlineData("sctp", "10.0.0.1", 22, MatchOutcome.Unknown)]
    public void The_list_of_ss_is_looked_up_as_the_kernel_does(string protocol, string address, int port, MatchOutcome expected) =>
        Assert.Equal(expected, Find(Read(Modern), protocol, address, port));

    [Fact]
    public void A_socket_of_an_interface_takes_what_comes_in_there()
    {
        var table = Read(Modern);
        Assert.Equal(MatchOutcome.Yes, Find(table, "udp", "127.0.0.1", 53, "lo"));
        Assert.Equal(MatchOutcome.Unknown, Find(table, "udp", "127.0.0.1", 53, null));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        var table = Read(Modern);
        var again = Read(ListenerText.Format(table));
        Assert.True(again is { KnowsTcp: true, KnowsUdp: true });
        Assert.Equal(table.Listeners.OrderBy(l => l.ToString()), again.Listeners.OrderBy(l => l.ToString()));
        var open = new ListenerTable([new Listener { Protocol = "tcp", Address = IPAddress.IPv6Any, Port = 80, IsIPv6Only = null }]);
        Assert.Null(Assert.Single(Read(ListenerText.Format(open)).Listeners).IsIPv6Only);
        Assert.True(Read(ListenerText.Format(new ListenerTable([]))) is { KnowsTcp: true, KnowsUdp: true, Listeners.Count: 0 });
    }

    [Fact]
    public void Netstat_does_not_say_whether_a_socket_of_IPv6_takes_IPv4()
    {
        var table = Read("""
            Active Internet connections (only servers)
            Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
            tcp        0      0 127.0.0.1:25            0.0.0.0:*               LISTEN      14687/master
            tcp6       0      0 :::8080                 :::*                    LISTEN      14687/web
            tcp6       0      0 127.0.0.1:8082          :::*                    LISTEN      14687/web
            udp        0      0 0.0.0.0:68              0.0.0.0:*                           1/dhclient

            """);
        Assert.Equal(MatchOutcome.Unknown, Find(table, "tcp", "10.0.0.1", 8080));
        Assert.Equal(MatchOutcome.Yes, Find(table, "tcp", "fd00::1", 8080));
        Assert.Equal(MatchOutcome.Yes, Find(table, "tcp", "127.0.0.1", 8082));
        Assert.Equal(MatchOutcome.No, Find(table, "tcp", "10.0.0.1", 8082));
        Assert.Equal(MatchOutcome.No, Find(table, "tcp", "10.0.0.1", 25));
        Assert.Equal(MatchOutcome.Yes, Find(table, "udp", "10.0.0.1", 68));
        Assert.Equal(MatchOutcome.No, Find(table, "udp", "10.0.0.1", 69));
    }

    [Fact]
    public void An_older_ss_has_a_star_for_IPv4_alone()
    {
        var table = Read("""
            Netid State      Recv-Q Send-Q Local Address:Port               Peer Address:Port
            udp   UNCONN     0      0         *:68                    *:*
            tcp   LISTEN     0      128       *:22                    *:*
            tcp   LISTEN     0      128      :::10250                :::*
            tcp   LISTEN     0      128     ::1:323                  :::*

            """);
        Assert.Equal(MatchOutcome.Yes, Find(table, "tcp", "10.0.0.1", 22));
        Assert.Equal(MatchOutcome.No, Find(table, "tcp", "fd00::1", 22));
        Assert.Equal(MatchOutcome.Unknown, Find(table, "tcp", "10.0.0.1", 10250));
        Assert.Equal(MatchOutcome.Yes, Find(table, "tcp", "::1", 323));
    }

    [Theory]
    // Only TCP was asked for: there is no first column.
    [InlineData("State  Recv-Q Send-Q Local Address:Port Peer Address:Port\nLISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n", true, false)]
    [InlineData("State  Recv-Q Send-Q Local Address:Port Peer Address:Port\n", false, false)]
    // Connections without what listens.
    [InlineData("Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\ntcp ESTAB 0 0 10.0.0.1:22 10.0.0.2:4000\n", false, true)]
    // A service's name in place of its port.
    [InlineData("Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\ntcp LISTEN 0 0 0.0.0.0:ssh 0.0.0.0:*\nudp UNCONN 0 0 0.0.0.0:68 0.0.0.0:*\n", false, true)]
    // Cut off.
    [InlineData("Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\ntcp LISTEN 0 0 0.0.0.0:22 0.0.0.0:*\ntcp LISTEN 0 0 0.0.", false, false)]
    [InlineData("Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\ntcp LISTEN 0 0 0.0.0.0:22 0.0.0.0:* users:((\"ss", false, false)]
    [InlineData("Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\ntcp LISTEN 0 0 0.0.0.0:22 0.0.0.0:*", true, true)]
    // All kinds of sockets, and none of UDP among them: -t with -x has the same head.
    [InlineData("Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\ntcp LISTEN 0 0 0.0.0.0:22 0.0.0.0:*\nu_str LISTEN 0 0 /run/x 1 * 0\n", true, false)]
    [InlineData("Active Internet connections (w/o servers)\nProto Recv-Q Send-Q Local Address Foreign Address State\ntcp 0 0 10.0.0.1:22 10.0.0.2:4000 ESTABLISHED\n", false, false)]
    [InlineData("Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address Foreign Address State\ntcp6 0 0 fe80::5054:ff:fe12:3:80 :::* LISTEN\n", false, false)]
    public void What_the_list_does_not_show_is_not_known(string text, bool knowsTcp, bool knowsUdp)
    {
        var table = Read(text);
        Assert.Equal((knowsTcp, knowsUdp), (table.KnowsTcp, table.KnowsUdp));
    }

    [Theory]
    [InlineData("")]
    [InlineData("bash: ss: command not found\n")]
    [InlineData("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n")]
    public void Other_text_is_no_list(string text) => Assert.Null(ListenerText.Parse(text));

    [Fact]
    public void All_sockets_with_details_are_taken_for_those_that_listen()
    {
        var table = Read("Netid State  Recv-Q Send-Q      Local Address:Port  Peer Address:Port\n"
            + "nl    UNCONN 0      0                       0:0                 *     sk=0 cb=0\t skmem:(r0)\n"
            + "udp   UNCONN 0      0            127.0.0.1%lo:53         0.0.0.0:*    ino:1 sk:1 cgroup:/ <->\n\t skmem:(r0,rb212992)\n"
            + "udp   ESTAB  0      0              10.0.0.1:41000       10.0.0.2:53\n"
            + "tcp   LISTEN 0      128                  [::]:8081          [::]:*    ino:2 sk:3 v6only:1 <->\n"
            + "tcp   TIME-WAIT 0   0              10.0.0.1:22          10.0.0.2:4000\n");
        Assert.Equal(["127.0.0.1%lo:53", "[::]:8081"], table.Listeners.Select(l => l.ToString()));
        Assert.True(table is { KnowsTcp: true, KnowsUdp: true });
    }
}
