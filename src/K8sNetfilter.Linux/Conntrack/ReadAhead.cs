using System.Runtime.ExceptionServices;

namespace K8sNetfilter.Conntrack;

/// <summary>
/// Takes from a sequence on a thread of its own, a bounded number of items ahead of who asks for them: the kernel fills its datagrams and
/// they are decoded while the pipeline works on what came before. What the sequence throws is thrown to who asks, behind the items that
/// came before it; leaving early ends the thread.
/// </summary>
internal sealed class ReadAhead<T>
    where T : class
{
    // Handing over costs more than an item, so it waits for many of them; but none lies longer than a person notices.
    private const int Enough = 128;
    private const int Most = 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(20);

    private readonly object _gate = new();
    private List<T> _ready = new(Most);
    private ExceptionDispatchInfo? _failure;
    private bool _finished;
    private bool _left;

    private ReadAhead()
    {
    }

    /// <summary>The same items in the same order.</summary>
    /// <param name="open">Gives the sequence; it is told the token that ends it, and runs and is disposed on the other thread.</param>
    /// <param name="cancellation">Ends both.</param>
    internal static IEnumerable<T> Of(Func<CancellationToken, IEnumerable<T>> open, CancellationToken cancellation)
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var ahead = new ReadAhead<T>();
        var thread = new Thread(() => ahead.Fill(open, leave.Token)) { IsBackground = true, Name = "read-ahead" };
        thread.UnsafeStart();
        try
        {
            var items = new List<T>(Most);
            while (ahead.Take(ref items, cancellation))
            {
                foreach (var item in items)
                {
                    yield return item;
                }
            }
        }
        finally
        {
            leave.Cancel();
            ahead.Leave();
            thread.Join();
        }
    }

    // Swaps the list that was worked through for the one that is ready.
    private bool Take(ref List<T> items, CancellationToken cancellation)
    {
        items.Clear();
        lock (_gate)
        {
            bool patient = true;
            while (!_finished && (_ready.Count == 0 || (patient && _ready.Count < Enough)))
            {
                patient = Monitor.Wait(_gate, Patience);
                cancellation.ThrowIfCancellationRequested();
            }

            if (_ready.Count == 0)
            {
                _failure?.Throw();
                return false;
            }

            (items, _ready) = (_ready, items);
            Monitor.PulseAll(_gate);
            return true;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _left = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Fill(Func<CancellationToken, IEnumerable<T>> open, CancellationToken leave)
    {
        try
        {
            foreach (var item in open(leave))
            {
                lock (_gate)
                {
                    while (_ready.Count >= Most && !_left)
                    {
                        Monitor.Wait(_gate);
                    }

                    if (_left)
                    {
                        return;
                    }

                    _ready.Add(item);
                    if (_ready.Count == Enough)
                    {
                        Monitor.PulseAll(_gate);
                    }
                }
            }
        }
#pragma warning disable CA1031 // Whatever it is, it is thrown on the thread that asked.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            lock (_gate)
            {
                _finished = true;
                Monitor.PulseAll(_gate);
            }
        }
    }
}
