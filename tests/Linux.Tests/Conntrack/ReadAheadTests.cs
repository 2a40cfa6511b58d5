using K8sNetfilter.Conntrack;

namespace K8sNetfilter.Tests.Conntrack;

public sealed class ReadAheadTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(50_000)]
    public void The_items_come_in_order(int count) =>
        Assert.Equal(
            Enumerable.Range(0, count).Select(i => $"{i}"),
            ReadAhead<string>.Of(_ => Enumerable.Range(0, count).Select(i => $"{i}"), default));

    [Fact]
    public void A_failure_comes_behind_what_came_before_it()
    {
        static IEnumerable<string> Fail()
        {
            yield return "a";
            yield return "b";
            throw new InvalidDataException("so");
        }

        var got = new List<string>();
        var failure = Assert.Throws<InvalidDataException>(() =>
        {
            foreach (string item in ReadAhead<string>.Of(_ => Fail(), default))
            {
                got.Add(item);
            }
        });
        Assert.Equal("so", failure.Message);
        Assert.Equal(["a", "b"], got);
    }

    [Fact]
    public void It_reads_only_a_little_ahead_and_leaving_disposes_the_source()
    {
        int given = 0;
        bool disposed = false;
        IEnumerable<string> Endless()
        {
            try
            {
                while (true)
                {
                    given++;
                    yield return "x";
                }
            }
            finally
            {
                disposed = true;
            }
        }

        Assert.Equal(10, ReadAhead<string>.Of(_ => Endless(), default).Take(10).Count());
        Assert.True(disposed);
        Assert.InRange(given, 10, 4096);
    }

    [Fact]
    public void An_item_does_not_wait_for_the_next()
    {
        using var more = new ManualResetEventSlim();
        IEnumerable<string> Slow()
        {
            yield return "first";
            more.Wait(TimeSpan.FromSeconds(60));
            yield return "second";
        }

        foreach (string item in ReadAhead<string>.Of(_ => Slow(), default))
        {
            // Would wait a minute if the first came only with the second.
            Assert.Equal(!more.IsSet, item == "first");
            more.Set();
        }
    }

    [Fact]
    public void Cancelling_ends_the_wait_for_a_source_that_is_silent()
    {
        using var stop = new CancellationTokenSource();
        IEnumerable<string> Silent(CancellationToken leave)
        {
            yield return "first";
            leave.WaitHandle.WaitOne();
            leave.ThrowIfCancellationRequested();
        }

        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (string _ in ReadAhead<string>.Of(Silent, stop.Token))
            {
                stop.Cancel();
            }
        });
    }
}
