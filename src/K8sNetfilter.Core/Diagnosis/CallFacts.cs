using System.Net;
using K8sNetfilter.Links;
using K8sNetfilter.Nodes;

namespace K8sNetfilter.Diagnosis;

/// <summary>What is known of a node beside the call itself. Null means that the node does not say.</summary>
public sealed record CallFacts
{
    /// <summary>How a command line names the node.</summary>
    public CommandPlace Place { get; init; } = CommandPlace.Here;

    /// <summary>The bridges, with their ports and the pods behind them.</summary>
    public IReadOnlyList<Bridge> Bridges { get; init; } = [];

    /// <summary>br_netfilter is there: loaded or built in.</summary>
    public bool? HasBridgeNetfilter { get; init; }

    /// <summary>The node routes the call's family: net.ipv4.ip_forward, or net.ipv6.conf.all.forwarding.</summary>
    public bool? Forwarding { get; init; }

    /// <summary>The endpoints that the node's rules give the Service; empty where they are not known.</summary>
    public IReadOnlyList<IPAddress> Endpoints { get; init; } = [];

    /// <summary>The node tracks connections, so that one without an entry was dropped.</summary>
    public bool? TracksConnections { get; init; }

    /// <summary>The conntrack table holds as many entries as it may.</summary>
    public bool? IsConntrackFull { get; init; }
}
