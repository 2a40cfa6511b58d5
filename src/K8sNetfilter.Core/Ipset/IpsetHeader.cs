using System.Net;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Ipset;

/// <summary>What ipset(8) says of a set before its elements: the words of a <c>create</c> line.</summary>
public sealed record IpsetHeader
{
    /// <summary>The set's name.</summary>
    public required string Name { get; init; }

    /// <summary>The name of its type: <c>hash:ip,port</c>.</summary>
    public required string TypeName { get; init; }

    /// <summary>The family of its addresses; unspecified for a type that has none.</summary>
    public IPFamily Family { get; init; }

    /// <summary>The timeout that an element gets, in seconds (0: none of its own); null if elements do not expire.</summary>
    public uint? Timeout { get; init; }

    /// <summary>Elements have packet and byte counters.</summary>
    public bool HasCounters { get; init; }

    /// <summary>Elements can have a comment.</summary>
    public bool HasComment { get; init; }

    /// <summary>Elements can have a mark, a priority and a queue.</summary>
    public bool HasSkbInfo { get; init; }

    /// <summary>A full set drops an element for a new one.</summary>
    public bool ForceAdd { get; init; }

    /// <summary>Hash types: the buckets.</summary>
    public uint? HashSize { get; init; }

    /// <summary>Hash types: the most elements.</summary>
    public uint? MaxElements { get; init; }

    /// <summary>Hash types: the most elements of a bucket (since Linux 5.11).</summary>
    public byte? BucketSize { get; init; }

    /// <summary>Hash types: where the hash starts (since Linux 5.11).</summary>
    public uint? InitialValue { get; init; }

    /// <summary>Addresses are cut to prefixes of this length.</summary>
    public byte? NetMask { get; init; }

    /// <summary>The bits of addresses that count (since Linux 6.2).</summary>
    public IPAddress? BitMask { get; init; }

    /// <summary>hash:ip,mark: the bits of marks that count.</summary>
    public uint? MarkMask { get; init; }

    /// <summary>Bitmap types: the first address or port.</summary>
    public uint RangeFirst { get; init; }

    /// <summary>Bitmap types: the last address or port.</summary>
    public uint RangeLast { get; init; }

    /// <summary>list:set: the size that was asked for.</summary>
    public uint? Size { get; init; }

    /// <summary>How many rules and sets refer to it; null if that was not reported.</summary>
    public uint? References { get; init; }
}
