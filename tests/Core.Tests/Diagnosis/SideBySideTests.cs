using K8sNetfilter.Collections;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>Many things are worked on by several threads; whoever asks sees one sequence.</summary>
public sealed class SideBySideTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(64)]
    [InlineData(5000)]
    public void Outcomes_come_in_the_order_of_the_things(int count)
    {
        int asking = Environment.CurrentManagedThreadId;
        var outcomes = OrderedParallel.Select<int, Thread, (int, bool)>(Things(), () => Thread.CurrentThread, Repeat, Never).ToList();
        Assert.Equal(Enumerable.Range(0, count).SelectMany(i => Enumerable.Repeat((i, true), i % 3)), outcomes);

        void Repeat(Thread worker, int thing, List<(int, bool)> outcomes) => outcomes.AddRange(Enumerable.Repeat((thing, worker == Thread.CurrentThread), thing % 3));

        IEnumerable<int> Things()
        {
            for (int i = 0; i < count; i++)
            {
                Assert.Equal(asking, Environment.CurrentManagedThreadId);
                yield return i;
            }
        }
    }

    [Fact]
    public void A_failure_is_thrown_where_its_outcome_would_have_come()
    {
        var seen = new List<int>();
        var failure = Assert.Throws<InvalidDataException>(() =>
        {
            foreach (int outcome in OrderedParallel.Select(Enumerable.Range(0, 5000), () => "", (string _, int i, List<int> outcomes) => outcomes.Add(i == 1000 ? throw new InvalidDataException("1000") : i), Never))
            {
                seen.Add(outcome);
            }
        });
        Assert.Equal("1000", failure.Message);
        // Those of the same batch are lost with it.
        Assert.InRange(seen.Count, 900, 1000);
        Assert.Equal(Enumerable.Range(0, seen.Count), seen);
    }

    [Fact]
    public void Whoever_stops_asking_leaves_no_thread_at_work()
    {
        int atWork = 0, done = 0;
        foreach (int outcome in OrderedParallel.Select<int, string, int>(Enumerable.Range(0, 1_000_000), () => "", Work, Never))
        {
            if (outcome == 100)
            {
                break;
            }
        }

        Assert.Equal(0, Volatile.Read(ref atWork));
        Assert.InRange(Volatile.Read(ref done), 101, 100_000);

        void Work(string worker, int thing, List<int> outcomes)
        {
            Interlocked.Increment(ref atWork);
            Interlocked.Increment(ref done);
            outcomes.Add(thing);
            Interlocked.Decrement(ref atWork);
        }
    }

    [Fact]
    public void Cancellation_ends_the_work_at_once()
    {
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (int outcome in OrderedParallel.Select(Enumerable.Range(0, 1_000_000), () => "", (string _, int i, List<int> outcomes) => outcomes.Add(i), stop.Token))
            {
                if (outcome == 100)
                {
                    stop.Cancel();
                }
            }
        });
    }
}
