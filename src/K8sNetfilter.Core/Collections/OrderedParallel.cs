using System.Collections.Concurrent;

namespace K8sNetfilter.Collections;

/// <summary>Does the same to many things on all processors, and gives the outcomes in the order of the things.</summary>
internal static class OrderedParallel
{
    /// <summary>Few things are not worth a thread.</summary>
    private const int Batch = 64;

    /// <summary>How many batches are begun ahead of the one that is given, for each thread.</summary>
    private const int Ahead = 4;

    /// <summary>Works on the things. They themselves are taken from the sequence on the calling thread.</summary>
    /// <param name="items">The things.</param>
    /// <param name="worker">Makes what one thread works with.</param>
    /// <param name="work">Adds a thing's outcomes to the list.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static IEnumerable<TOut> Select<TIn, TWorker, TOut>(
        IEnumerable<TIn> items, Func<TWorker> worker, Action<TWorker, TIn, List<TOut>> work, CancellationToken cancellation)
        where TWorker : class
    {
        using var batches = items.Chunk(Batch).GetEnumerator();
        bool more = batches.MoveNext();
        if (!more)
        {
            yield break;
        }

        if (batches.Current.Length < Batch || Environment.ProcessorCount == 1)
        {
            var alone = worker();
            var outcomes = new List<TOut>();
            for (; more; more = batches.MoveNext())
            {
                foreach (var item in batches.Current)
                {
                    cancellation.ThrowIfCancellationRequested();
                    outcomes.Clear();
                    work(alone, item, outcomes);
                    foreach (var outcome in outcomes)
                    {
                        yield return outcome;
                    }
                }
            }

            yield break;
        }

        // Threads of their own: one of the pool may have been started in another network namespace, and would read its parameters.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var begun = new BlockingCollection<OrderedBatch<TIn, TOut>>();
        var threads = new Thread[Math.Min(Environment.ProcessorCount, 8)];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(() => Run(begun, worker, work, stop.Token)) { IsBackground = true, Name = "side by side" };
            threads[i].Start();
        }

        try
        {
            var waiting = new Queue<Task<List<TOut>>>();
            while (more || waiting.Count > 0)
            {
                for (; more && waiting.Count < threads.Length * Ahead; more = batches.MoveNext())
                {
                    var batch = new OrderedBatch<TIn, TOut>(batches.Current);
                    waiting.Enqueue(batch.Outcomes.Task);
                    begun.Add(batch, CancellationToken.None);
                }

                foreach (var outcome in waiting.Dequeue().GetAwaiter().GetResult())
                {
                    yield return outcome;
                }
            }
        }
        finally
        {
            stop.Cancel();
            begun.CompleteAdding();
            Array.ForEach(threads, thread => thread.Join());
        }
    }

    private static void Run<TIn, TWorker, TOut>(
        BlockingCollection<OrderedBatch<TIn, TOut>> begun, Func<TWorker> worker, Action<TWorker, TIn, List<TOut>> work,
        CancellationToken stop)
        where TWorker : class
    {
        TWorker? own = null;
        foreach (var batch in begun.GetConsumingEnumerable(CancellationToken.None))
        {
            try
            {
                own ??= worker();
                var list = new List<TOut>(batch.Items.Length * 2);
                foreach (var item in batch.Items)
                {
                    stop.ThrowIfCancellationRequested();
                    work(own, item, list);
                }

                batch.Outcomes.SetResult(list);
            }
            catch (Exception failure)
            {
                // Thrown where the outcomes are asked for.
                batch.Outcomes.SetException(failure);
            }
        }
    }
}
