using K8sNetfilter.Conntrack;

namespace K8sNetfilter.Tests.Conntrack;

public sealed class ConntrackStatisticTests
{
    // conntrack -S, conntrack-tools 1.4.7.
    private const string Text =
        "cpu=0   \tfound=4 invalid=1 insert=2 insert_failed=5 drop=5 early_drop=0 error=3 search_restart=9 clash_resolve=0 chaintoolong=0 \n"
        + "cpu=1   \tfound=0 invalid=0 insert=6 insert_failed=0 drop=0 early_drop=1 error=0 search_restart=1 clash_resolve=0 chaintoolong=0 \n";

    [Fact]
    public void The_total_is_the_sum_of_the_processors()
    {
        var statistic = new ConntrackStatistic(ConntrackStatisticText.Parse(Text), 50, 200, 256);
        Assert.Equal(2, statistic.Cpus.Count);
        Assert.Equal((4ul, 8ul, 5ul, 1ul, 10ul, 3ul),
            (statistic.Found, statistic.Insert, statistic.InsertFailed, statistic.EarlyDrop, statistic.SearchRestart, statistic.Error));
        Assert.Equal(25.0, statistic.UsedPercent);
    }

    [Fact]
    public void A_counter_that_the_kernel_does_not_have_is_null()
    {
        var statistic = new ConntrackStatistic(ConntrackStatisticText.Parse("cpu=0 searched=1 found=2 icmp_error=7\n"), null, 0, null);
        Assert.Null(statistic.ChainTooLong);
        Assert.Null(statistic.UsedPercent);
        Assert.Equal(7ul, statistic.Error);
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        string written = ConntrackStatisticText.Format(ConntrackStatisticText.Parse(Text));
        Assert.Equal(written, ConntrackStatisticText.Format(ConntrackStatisticText.Parse(written)));
        Assert.Contains("insert_failed=5", written, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_no_statistic_has_no_processors() => Assert.Empty(ConntrackStatisticText.Parse("cpu=x\ncpu\n=\ncpu=99999999999\n\0"));
}
