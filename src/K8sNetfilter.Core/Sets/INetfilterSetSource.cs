namespace K8sNetfilter.Sets;

/// <summary>Sets of one kind of tool. Each tool has a source; Get-NetfilterSet shows what all of them have.</summary>
public interface INetfilterSetSource
{
    /// <summary>Reads the sets.</summary>
    /// <param name="warn">Takes what makes the answer less than complete.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The sets; null if the node does not say.</returns>
    IReadOnlyList<NetfilterSet>? ReadSets(Action<string> warn, CancellationToken cancellation);

    /// <summary>Reads the sets' names alone, for completion.</summary>
    /// <param name="cancellation">Ends the reading.</param>
    IReadOnlyList<string> ReadNames(CancellationToken cancellation);
}
