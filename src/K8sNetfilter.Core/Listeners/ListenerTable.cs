using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Collections;
using K8sNetfilter.Logic;

namespace K8sNetfilter.Listeners;

/// <summary>The sockets of a network namespace that take packets from anybody, looked up as the kernel does it. Immutable.</summary>
public sealed class ListenerTable
{
    private const byte Tcp = 6;
    private const byte Udp = 17;

    private readonly Bits128Map<List<Listener>> _byPort = new();
    private readonly List<Listener> _all = [];

    /// <summary>Makes a table.</summary>
    /// <param name="listeners">The sockets.</param>
    /// <param name="knowsTcp">Whether all of TCP are among them; else one that is not found may still be there.</param>
    /// <param name="knowsUdp">Whether all of UDP are among them.</param>
    public ListenerTable(IEnumerable<Listener> listeners, bool knowsTcp = true, bool knowsUdp = true)
    {
        ArgumentNullException.ThrowIfNull(listeners);
        (KnowsTcp, KnowsUdp) = (knowsTcp, knowsUdp);
        foreach (var listener in listeners)
        {
            _all.Add(listener);
            var key = Key(listener.Protocol == "udp" ? Udp : Tcp, listener.Port);
            if (_byPort.Find(key) is not { } list)
            {
                _byPort.Set(key, list = []);
            }

            list.Add(listener);
        }
    }

    /// <summary>The sockets.</summary>
    public IReadOnlyList<Listener> Listeners => _all;

    /// <summary>All of TCP are known.</summary>
    public bool KnowsTcp { get; }

    /// <summary>All of UDP are known.</summary>
    public bool KnowsUdp { get; }

    /// <summary>
    /// Whether a socket takes a packet that starts a connection: __inet_lookup_listener (net/ipv4/inet_hashtables.c), udp4_lib_lookup2
    /// (net/ipv4/udp.c) and their IPv6 counterparts.
    /// </summary>
    /// <param name="protocol">The protocol's name. Other than tcp and udp is Unknown.</param>
    /// <param name="address">The packet's destination.</param>
    /// <param name="port">Its destination port.</param>
    /// <param name="device">The interface that it comes in by, <c>lo</c> for one that was sent here; null where its name is not
    /// known.</param>
    /// <param name="deviceIndex">That interface's number; 0 where it is not known.</param>
    /// <param name="listener">The socket; with Unknown the one that may take it. Null for none.</param>
    public MatchOutcome Find(string protocol, IPAddress address, int port, string? device, int deviceIndex, out Listener? listener)
    {
        ArgumentNullException.ThrowIfNull(address);
        byte number = protocol == "tcp" ? Tcp : protocol == "udp" ? Udp : (byte)0;
        return Find(number, IPFamilies.Of(address.AddressFamily), AddressBits.From(address), port, device, deviceIndex, out listener);
    }

    internal MatchOutcome Find(byte protocol, IPFamily family, Bits128 address, int port, string? device, int deviceIndex,
        out Listener? listener)
    {
        listener = null;
        if (protocol is not (Tcp or Udp) || port < 0)
        {
            return MatchOutcome.Unknown;
        }

        Listener? taker = null;
        foreach (var one in _byPort.Find(Key(protocol, port)) ?? [])
        {
            var takes = Takes(one, family, address, device, deviceIndex);
            if (takes == MatchOutcome.Yes)
            {
                // One of several with SO_REUSEPORT may be full and still get the call.
                taker ??= one;
                if (protocol == Udp || one.IsFull)
                {
                    taker = one;
                    break;
                }
            }

            listener ??= takes == MatchOutcome.Unknown ? one : null;
        }

        if (taker is not null)
        {
            listener = taker;
            return MatchOutcome.Yes;
        }

        bool isKnown = protocol == Tcp ? KnowsTcp : KnowsUdp;
        return listener is null && isKnown ? MatchOutcome.No : MatchOutcome.Unknown;
    }

    private static MatchOutcome Takes(Listener socket, IPFamily family, Bits128 address, string? device, int deviceIndex)
    {
        var byAddress = TakesAddress(socket, family, address);
        if (byAddress == MatchOutcome.No || (socket.Device is null && socket.DeviceIndex == 0))
        {
            return byAddress;
        }

        bool? isOurs = socket.DeviceIndex != 0 && deviceIndex != 0 ? socket.DeviceIndex == deviceIndex
            : socket.Device is not null && device is not null ? socket.Device == device : null;
        return isOurs switch { true => byAddress, false => MatchOutcome.No, null => MatchOutcome.Unknown };
    }

    private static MatchOutcome TakesAddress(Listener socket, IPFamily family, Bits128 address)
    {
        if (!socket.IsIPv6)
        {
            return Is(family != IPFamily.IPv6 && (socket.Address.Equals(IPAddress.Any) || AddressBits.From(socket.Address) == address));
        }

        if (family == IPFamily.IPv6)
        {
            return Is(socket.Address.Equals(IPAddress.IPv6Any)
                || (!socket.Address.IsIPv4MappedToIPv6 && AddressBits.From(socket.Address) == address));
        }

        // An address such as ::ffff:10.0.0.1 can only be bound where IPv4 is taken.
        return socket.Address.IsIPv4MappedToIPv6
            ? Is(AddressBits.From(socket.Address.MapToIPv4()) is var bound && (bound == address || bound == 0))
            : !socket.Address.Equals(IPAddress.IPv6Any) ? MatchOutcome.No
            : socket.IsIPv6Only switch { true => MatchOutcome.No, false => MatchOutcome.Yes, null => MatchOutcome.Unknown };
    }

    private static MatchOutcome Is(bool yes) => yes ? MatchOutcome.Yes : MatchOutcome.No;

    private static Bits128 Key(byte protocol, int port) => ((uint)protocol << 16) | (uint)(port & 0xffff);
}
