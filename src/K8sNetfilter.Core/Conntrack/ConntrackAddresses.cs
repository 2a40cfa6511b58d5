using K8sNetfilter.Addressing;

namespace K8sNetfilter.Conntrack;

/// <summary>The four addresses of an IPv6 entry.</summary>
internal sealed class ConntrackAddresses(in ConntrackRecord record)
{
    public Bits128 Source { get; } = record.Original.Source;

    public Bits128 Destination { get; } = record.Original.Destination;

    public Bits128 ReplySource { get; } = record.Reply.Source;

    public Bits128 ReplyDestination { get; } = record.Reply.Destination;
}
