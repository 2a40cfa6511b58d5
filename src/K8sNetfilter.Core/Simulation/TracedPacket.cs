namespace K8sNetfilter.Simulation;

/// <summary>A packet at one point of its way, as a user gets it: flat, with addresses as text. What is null is not known.</summary>
public sealed class TracedPacket
{
    private readonly Packet _packet;

    internal TracedPacket(Packet packet) => _packet = packet;

    /// <inheritdoc cref="Packet.Source"/>
    public string? Source => _packet.Source?.ToString();

    /// <inheritdoc cref="Packet.Destination"/>
    public string Destination => _packet.Destination.ToString();

    /// <inheritdoc cref="Packet.Protocol"/>
    public string Protocol => _packet.Protocol;

    /// <inheritdoc cref="Packet.SourcePort"/>
    public int? SourcePort => _packet.SourcePort;

    /// <inheritdoc cref="Packet.DestinationPort"/>
    public int? DestinationPort => _packet.DestinationPort;

    /// <inheritdoc cref="Packet.IcmpType"/>
    public int? IcmpType => _packet.IcmpType;

    /// <inheritdoc cref="Packet.IcmpCode"/>
    public int? IcmpCode => _packet.IcmpCode;

    /// <inheritdoc cref="Packet.TcpFlags"/>
    public int? TcpFlags => _packet.TcpFlags;

    /// <inheritdoc cref="Packet.Length"/>
    public int? Length => _packet.Length;

    /// <inheritdoc cref="Packet.DontFragment"/>
    public bool? DontFragment => _packet.DontFragment;

    /// <inheritdoc cref="Packet.Ttl"/>
    public int? Ttl => _packet.Ttl;

    /// <inheritdoc cref="Packet.Tos"/>
    public int? Tos => _packet.Tos;

    /// <inheritdoc cref="Packet.Mark"/>
    public uint? Mark => _packet.Mark;

    /// <inheritdoc cref="Packet.ConnectionMark"/>
    public uint? ConnectionMark => _packet.ConnectionMark;

    /// <inheritdoc cref="Packet.InInterface"/>
    public string? InInterface => _packet.InInterface;

    /// <inheritdoc cref="Packet.OutInterface"/>
    public string? OutInterface => _packet.OutInterface;

    /// <inheritdoc cref="Packet.PhysicalIn"/>
    public string? PhysicalIn => _packet.PhysicalIn;

    /// <inheritdoc cref="Packet.PhysicalOut"/>
    public string? PhysicalOut => _packet.PhysicalOut;

    /// <inheritdoc cref="Packet.State"/>
    public ConnectionState State => _packet.State;

    /// <inheritdoc cref="Packet.IsIPv6"/>
    public bool IsIPv6 => _packet.IsIPv6;

    /// <inheritdoc cref="Packet.ToString"/>
    public override string ToString() => _packet.ToString();
}
