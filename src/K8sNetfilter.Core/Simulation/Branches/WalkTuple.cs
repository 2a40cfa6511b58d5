using K8sNetfilter.Addressing;

namespace K8sNetfilter.Simulation.Branches;

/// <summary>Addresses and ports of one direction of a connection. -1 is a port that is not known or that the protocol has not.</summary>
internal readonly record struct WalkTuple(
    bool SourceKnown, Bits128 Source, Bits128 Destination, int SourcePort, int DestinationPort, bool DestinationKnown = true)
{
    public WalkTuple Reversed => new(DestinationKnown, Destination, Source, DestinationPort, SourcePort, SourceKnown);
}
