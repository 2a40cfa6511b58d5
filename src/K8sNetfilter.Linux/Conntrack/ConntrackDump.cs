using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Conntrack;

/// <summary>
/// The entries of one or more dump requests, one after the other as they come from the kernel. Begins again where that is possible
/// without giving an entry twice: as long as none was given.
/// </summary>
internal sealed class ConntrackDump : IDisposable
{
    private readonly NetlinkConnection _connection;
    private readonly NetlinkOperation _operation;
    private readonly CancellationToken _cancellation;
    private IReadOnlyList<ConntrackQuery> _queries;
    private NetlinkExchange? _exchange;
    private int _next;
    private int _attempts;
    private bool _given;

    internal ConntrackDump(
        NetlinkConnection connection, IReadOnlyList<ConntrackQuery> queries, NetlinkOperation operation, CancellationToken cancellation)
    {
        _connection = connection;
        _queries = queries;
        _operation = operation;
        _cancellation = cancellation;
    }

    /// <summary>True where the kernel said that the table changed its shape meanwhile.</summary>
    internal bool IsInterrupted { get; private set; }

    /// <summary>Reads the next entry. False at the end.</summary>
    /// <exception cref="NodeException">The kernel refused, or dropped messages after some had been given.</exception>
    internal bool MoveNext(out ConntrackRecord record)
    {
        while (_next < _queries.Count)
        {
            var query = _queries[_next];
            try
            {
                _exchange ??= Start(query);
                while (_exchange.MoveNext())
                {
                    if (!ConntrackDecoder.TryDecode(_exchange.Current, out record))
                    {
                        continue;
                    }

                    if (query.Holds(record))
                    {
                        return _given = true;
                    }

                    if (!_given && query.IsFiltered)
                    {
                        // This kernel does not compare what it was asked to: one walk gives all.
                        Restart(Unfiltered());
                        break;
                    }
                }

                if (_exchange is not null)
                {
                    IsInterrupted |= _exchange.IsInterrupted;
                    Stop();
                    _next++;
                }
            }
            catch (NodeException failure) when (!_given && query.IsFiltered && failure.Errno is Errno.EINVAL or Errno.EOPNOTSUPP)
            {
                Restart(Unfiltered());
            }
            catch (NodeException failure) when (
                !_given && failure.Errno is Errno.ENOBUFS or Errno.EMSGSIZE && _attempts++ < _connection.Options.Retries)
            {
                Restart(_queries);
            }
        }

        record = default;
        return false;
    }

    public void Dispose() => Stop();

    private NetlinkExchange Start(ConntrackQuery query)
    {
        var writer = new NetlinkWriter(stackalloc byte[256]);
        try
        {
            query.Write(ref writer);
            return _connection.Start(writer.Written, _operation, _cancellation);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private ConntrackQuery[] Unfiltered()
    {
        var families = _queries.Select(q => q.Family).Distinct().ToArray();
        return [families.Length == 1 ? new ConntrackQuery { Family = families[0] } : ConntrackQuery.Everything];
    }

    private void Restart(IReadOnlyList<ConntrackQuery> queries)
    {
        Stop();
        _queries = queries;
        _next = 0;
        IsInterrupted = false;
    }

    private void Stop()
    {
        _exchange?.Dispose();
        _exchange = null;
    }
}
