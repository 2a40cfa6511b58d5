namespace K8sNetfilter.Conntrack;

/// <summary>The four addresses of an IPv6 entry.</summary>
internal sealed class ConntrackAddresses(in ConntrackRecord record)
{
    public UInt128 Source { get; } = record.Original.Source;

    public UInt128 Destination { get; } = record.Original.Destination;

    public UInt128 ReplySource { get; } = record.Reply.Source;

    public UInt128 ReplyDestination { get; } = record.Reply.Destination;
}
