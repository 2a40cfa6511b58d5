using K8sNetfilter.Conntrack;

namespace K8sNetfilter.Tests.Conntrack;

/// <summary>Text that looks like an entry of the table and is none, or only a part of one.</summary>
public sealed class ConntrackEventTests
{
    private const string Tuples = "src=10.244.0.2 dst=10.96.0.10 sport=38616 dport=80 [UNREPLIED] src=10.244.0.3 dst=10.244.0.2 sport=8080 dport=38616";

    [Theory]
    [InlineData("    [NEW] tcp      6 120 SYN_SENT ", "NEW")]
    [InlineData(" [UPDATE] udp      17 30 ", "UPDATE")]
    [InlineData("[DESTROY] tcp      6 ", "DESTROY")]
    [InlineData("[1700000000.123456]\t    [NEW] ipv4     2 tcp      6 120 SYN_SENT ", "NEW")]
    public void An_event_is_no_entry_and_says_what_happened(string head, string what)
    {
        Assert.Equal(what, ConntrackText.EventOf(head + Tuples, out string entry));
        Assert.True(ConntrackText.TryParse(entry, out _, out string? problem), problem);
        Assert.False(ConntrackText.TryParse(head + Tuples, out _, out _));
    }

    [Theory]
    [InlineData("tcp      6 117 SYN_SENT ")]
    [InlineData("[start=Sun Nov 22 20:22:00 2026] ")]
    public void Anything_else_is_no_event(string head)
    {
        Assert.Null(ConntrackText.EventOf(head + Tuples, out string entry));
        Assert.Equal(head + Tuples, entry);
    }

    [Theory]
    [InlineData("")]
    [InlineData("SYN_SENT ")]
    [InlineData("117 SYN_SENT ")]
    [InlineData("6 46 TIME_WAIT ")]
    [InlineData("6 117 SYN_SENT ")]
    [InlineData("cp      6 117 SYN_SENT ")]
    [InlineData("tcp      46 117 SYN_SENT ")]
    [InlineData("2 tcp      6 117 SYN_SENT ")]
    [InlineData("pv4     2 tcp      6 117 SYN_SENT ")]
    public void A_line_without_its_head_is_refused(string head) => Assert.False(ConntrackText.TryParse(head + Tuples, out _, out _));

    [Fact]
    public void Old_versions_print_one_sum_a_line()
    {
        var cpus = ConntrackStatisticText.Parse("entries             \t7\nsearched            \t11\nfound               \t3\ninvalid             \t4\ninsert_failed       \t12\ndrop                \t13\nicmp_error          \t5\n");
        var sum = Assert.Single(cpus);
        Assert.Equal((-1, 3ul, 4ul, 12ul, 13ul, 5ul), (sum.Cpu, sum.Found, sum.Invalid, sum.InsertFailed, sum.Drop, sum.Error));
        Assert.Equal(12ul, new ConntrackStatistic(cpus, null, null, null).InsertFailed);
    }
}
