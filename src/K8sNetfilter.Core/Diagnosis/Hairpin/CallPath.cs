using K8sNetfilter.Services;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>From where to where a call to a Service goes, as far as its result names it.</summary>
/// <param name="service">The Service.</param>
/// <param name="source">The calling pod; null if none is known.</param>
/// <param name="endpoint">The endpoint as text; null for none.</param>
/// <param name="bridge">The bridge that both are behind; null for none.</param>
internal readonly struct CallPath(NodeService service, Pod? source = null, string? endpoint = null, string? bridge = null)
{
    public NodeService Service { get; } = service;

    public Pod? Source { get; } = source;

    public string? Endpoint { get; } = endpoint;

    public string? Bridge { get; } = bridge;
}
