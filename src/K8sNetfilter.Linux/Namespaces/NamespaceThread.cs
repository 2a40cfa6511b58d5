using System.Runtime.ExceptionServices;

namespace K8sNetfilter.Namespaces;

/// <summary>
/// A thread inside a network namespace that does one piece of work after the other, for a cmdlet's lifetime. It ends when it is disposed.
/// </summary>
public sealed class NamespaceThread : IDisposable
{
    private readonly object _turn = new();
    private readonly SemaphoreSlim _given = new(0);
    private readonly SemaphoreSlim _done = new(0);
    private readonly Thread? _thread;
    private Action? _work;
    private ExceptionDispatchInfo? _failure;
    private bool _disposed;

    internal NamespaceThread(NetworkNamespace inside)
    {
        // The thread that is inside already needs no other: then the work runs where it is asked for.
        if (inside.IsCurrent)
        {
            return;
        }

        _thread = new Thread(() => Loop(inside)) { IsBackground = true, Name = "netns" };
        _thread.UnsafeStart();
        _done.Wait();
        if (_failure is { } failure)
        {
            _thread.Join();
            _given.Dispose();
            _done.Dispose();
            failure.Throw();
        }
    }

    /// <summary>Does <paramref name="work"/> inside and waits for it. What it throws is thrown here.</summary>
    public T Run<T>(Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_thread is null || Thread.CurrentThread == _thread)
        {
            return work();
        }

        lock (_turn)
        {
            T result = default!;
            _failure = null;
            _work = () => { result = work(); };
            _given.Release();
            _done.Wait();
            _failure?.Throw();
            return result;
        }
    }

    /// <summary>Ends the thread and waits until it has ended.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            if (_thread is not null)
            {
                _work = null;
                _given.Release();
                _thread.Join();
            }
        }

        _given.Dispose();
        _done.Dispose();
    }

    private void Loop(NetworkNamespace inside)
    {
        try
        {
            inside.Enter();
        }
#pragma warning disable CA1031 // Whatever it is, it is thrown on the thread that asked.
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
            _done.Release();
            return;
        }

        _done.Release();
        while (true)
        {
            _given.Wait();
            if (_work is not { } work)
            {
                return;
            }

            try
            {
                work();
            }
            catch (Exception e)
            {
                _failure = ExceptionDispatchInfo.Capture(e);
            }
#pragma warning restore CA1031

            _work = null;
            _done.Release();
        }
    }
}
