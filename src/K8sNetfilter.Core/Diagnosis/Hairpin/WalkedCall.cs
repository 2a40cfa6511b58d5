using K8sNetfilter.Addressing;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>A call that was walked, and how.</summary>
/// <param name="packet">The call's first packet.</param>
/// <param name="options">The options of the walk.</param>
/// <param name="service">The Service that is called.</param>
/// <param name="endpoint">The address of the endpoint that chance leads to; null for any.</param>
/// <param name="cancellation">Ends further walks.</param>
internal readonly struct WalkedCall(
    Packet packet, WalkOptions options, NodeService service, Bits128? endpoint, CancellationToken cancellation)
{
    public Packet Packet { get; } = packet;

    public WalkOptions Options { get; } = options;

    public NodeService Service { get; } = service;

    public Bits128? Endpoint { get; } = endpoint;

    public CancellationToken Cancellation { get; } = cancellation;
}
