namespace K8sNetfilter.Simulation;

/// <summary>Which way of a connection a packet goes.</summary>
public enum PacketDirection : long
{
    /// <summary>From the side that opens the connection.</summary>
    Original,

    /// <summary>The answer to it.</summary>
    Reply,
}
