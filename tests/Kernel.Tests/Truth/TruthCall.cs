using System.Net;
using System.Net.Sockets;

namespace K8sNetfilter.Tests.Truth;

/// <summary>A call whose truth is measured, and which the questions are about.</summary>
/// <param name="From">The machine that calls.</param>
/// <param name="Source">The address that it calls from; null where the kernel chooses, as for a call of the node itself.</param>
/// <param name="To">The address that it calls.</param>
/// <param name="Port">The port that it calls.</param>
internal sealed record TruthCall(TruthMachine From, IPAddress? Source, IPAddress To, int Port)
{
    public ProtocolType Protocol { get; init; } = ProtocolType.Tcp;

    /// <summary>A source port of its own; 0 for any.</summary>
    public int SourcePort { get; init; }

    /// <summary>The socket is bound to the source address, where the machine has several.</summary>
    public bool BindsSource { get; init; }

    /// <summary>How many bytes are sent.</summary>
    public int Bytes { get; init; } = 32;

    /// <summary>Whether the packets may be fragmented on their way (UDP).</summary>
    public bool MayFragment { get; init; } = true;

    /// <summary>Nobody answers: it is enough that it arrives.</summary>
    public bool OneWay { get; init; }

    /// <summary>More parameters of the question.</summary>
    public IReadOnlyDictionary<string, object> Question { get; init; } = new Dictionary<string, object>();

    public override string ToString()
    {
        string text = $"{From} -> {new IPEndPoint(To, Port)}/{(Protocol == ProtocolType.Tcp ? "tcp" : "udp")}";
        return text + (SourcePort > 0 ? $" from port {SourcePort}" : "") + (Bytes > 500 ? $" {Bytes} bytes" : "");
    }
}
