using System.Net;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>A pod as the node's links and routes show it.</summary>
/// <param name="Kind">How the node reaches it.</param>
/// <param name="Address">Its address.</param>
/// <param name="Family">Its family.</param>
/// <param name="Bridge">The bridge that it is behind; null for none.</param>
/// <param name="Link">The bridge port or link that leads to it; null where that is not known.</param>
internal sealed record Pod(PodKind Kind, Bits128 Address, IPFamily Family, string? Bridge, string? Link)
{
    private IPAddress? _ip;
    private string? _text;

    /// <summary><see cref="Address"/> as an address.</summary>
    public IPAddress IP => _ip ??= AddressBits.ToAddress(Address, Family);

    /// <summary><see cref="Address"/> as text: every Service is tried from the same few pods.</summary>
    public string Text => _text ??= IP.ToString();
}
