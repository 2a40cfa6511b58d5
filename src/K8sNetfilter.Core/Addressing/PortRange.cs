using System.Globalization;

namespace K8sNetfilter.Addressing;

/// <summary>A port or a range of them, both ends included. Prints as <c>80</c> or <c>8000:8010</c>.</summary>
/// <param name="First">The first port.</param>
/// <param name="Last">The last port.</param>
public readonly record struct PortRange(ushort First, ushort Last)
{
    /// <summary>Whether a port is in it.</summary>
    public bool Contains(int port) => port >= First && port <= Last;

    /// <inheritdoc/>
    public override string ToString() => First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{First}:{Last}");
}
