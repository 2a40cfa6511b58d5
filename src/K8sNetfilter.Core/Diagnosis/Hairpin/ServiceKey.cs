using System.Net;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>What a Service is called by.</summary>
/// <param name="IP">Its address; null for a node port.</param>
/// <param name="Port">Its port.</param>
/// <param name="Protocol">Its protocol.</param>
internal sealed record ServiceKey(IPAddress? IP, int Port, string Protocol);
