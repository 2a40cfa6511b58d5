using K8sNetfilter.Logic;

namespace K8sNetfilter.Ipset;

/// <summary>What a rule wants to know of a set: the options of iptables' <c>set</c> match, without the set's name and <c>!</c>.</summary>
internal sealed record IpsetQuestion
{
    /// <summary>For each dimension, whether the packet's source goes into it.</summary>
    public required IReadOnlyList<bool> Sources { get; init; }

    /// <summary>An exception is what matches (<c>--return-nomatch</c>).</summary>
    public bool ReturnsNomatch { get; init; }

    /// <summary>What the packet counter has to be; null if it does not count.</summary>
    public IpsetCounterTest? Packets { get; init; }

    /// <summary>What the byte counter has to be; null if it does not count.</summary>
    public IpsetCounterTest? Bytes { get; init; }

    /// <summary>The same question without the counters: those of a list's members are not looked at.</summary>
    public IpsetQuestion WithoutCounters => Packets is null && Bytes is null ? this : this with { Packets = null, Bytes = null };

    /// <summary>
    /// Whether an element's counters are as they have to be. They grow with each packet, so that only one direction is certain.
    /// </summary>
    public MatchOutcome TestCounters(ulong packets, ulong bytes) =>
        MatchOutcomes.Both(Packets?.Test(packets) ?? MatchOutcome.Yes, Bytes?.Test(bytes) ?? MatchOutcome.Yes);
}
