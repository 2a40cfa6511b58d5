namespace K8sNetfilter.Conntrack;

/// <summary>What a node says of its tracked connections.</summary>
public interface IConntrackSource
{
    /// <summary>
    /// The entries that pass a filter, in the node's own order. They are read while they are taken: nothing is asked before the first,
    /// and nothing is kept of those that were handed out.
    /// </summary>
    /// <param name="filter">Which entries.</param>
    /// <param name="warn">Told of what makes the answer less than complete, such as a table that was resized meanwhile.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The entries; null where the node does not say.</returns>
    IEnumerable<ConntrackEntry>? Read(ConntrackFilter filter, Action<string> warn, CancellationToken cancellation);

    /// <summary>The counters of the tracker and how full its table is; null where the node does not say.</summary>
    ConntrackStatistic? ReadStatistic(CancellationToken cancellation);
}
