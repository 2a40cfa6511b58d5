namespace K8sNetfilter.Processes;

/// <summary>
/// Watches how long somebody waits for a tool, and acts when that is too long. Only the wait counts: a reader that is itself slow may take
/// its time. It has a thread of its own, which ends with the tool: a timer's thread would be the runtime's, and stay in the network
/// namespace that it was started in.
/// </summary>
internal sealed class ToolDeadline : IDisposable
{
    private readonly ManualResetEventSlim _end = new();
    private readonly Action _act;
    private readonly Thread _watcher;
    private long _waitingSince = -1;
    private volatile bool _isPassed;

    /// <summary>Starts to watch.</summary>
    /// <param name="limit">The longest wait.</param>
    /// <param name="act">What is done after it, once, on another thread.</param>
    public ToolDeadline(TimeSpan limit, Action act)
    {
        Limit = limit;
        _act = act;
        _watcher = new Thread(Watch, 128 * 1024) { IsBackground = true, Name = "tool deadline" };
        _watcher.UnsafeStart();
    }

    /// <summary>The longest wait.</summary>
    public TimeSpan Limit { get; }

    /// <summary>True after a wait was too long.</summary>
    public bool IsPassed => _isPassed;

    /// <summary>A wait begins.</summary>
    public void Start() => Volatile.Write(ref _waitingSince, Environment.TickCount64);

    /// <summary>It is over.</summary>
    public void Stop() => Volatile.Write(ref _waitingSince, -1);

    /// <summary>Ends the watch.</summary>
    public void Dispose()
    {
        _end.Set();
        _watcher.Join();
        _end.Dispose();
    }

    private void Watch()
    {
        var limit = (long)Limit.TotalMilliseconds;
        for (long left = limit; !_end.Wait((int)Math.Clamp(left, 1, int.MaxValue));)
        {
            long since = Volatile.Read(ref _waitingSince);
            left = since < 0 ? limit : since + limit - Environment.TickCount64;
            if (left <= 0)
            {
                _isPassed = true;
                _act();
                return;
            }
        }
    }
}
