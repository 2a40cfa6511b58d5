using System.Runtime.InteropServices;
using System.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Hooks;
using K8sNetfilter.Nftables.Evaluation;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Nftables;

/// <summary>What <c>fib</c> loads (net/ipv4/netfilter/nft_fib_ipv4.c, net/ipv6/netfilter/nft_fib_ipv6.c).</summary>
/// <param name="network">What is known of the node.</param>
internal sealed class NftRouteLoads(ForwardingModel network)
{
    // RTN_… of linux/rtnetlink.h.
    private const uint Unicast = 1;
    private const uint Local = 2;
    private const uint Broadcast = 3;
    private const uint Anycast = 4;
    private const uint Multicast = 5;
    private const uint Unreachable = 7;

    private const string NoRoutes = "the node's routes are not known";
    private const string NoDevice = "the packet's interface is not known";

    /// <summary>Loads.</summary>
    public NftLoad Fib(BranchState state, string? input, string? output, NftFibResult result, NftFibFlags flags, Span<byte> value)
    {
        ref readonly var packet = ref state.Packet;
        bool isSource = (flags & NftFibFlags.Source) != 0, isV6 = PacketHeader.IsV6(packet);
        string? device = (flags & NftFibFlags.InputInterface) != 0 ? input : (flags & NftFibFlags.OutputInterface) != 0 ? output : "";
        if (device is null || (isSource && !packet.SourceKnown))
        {
            return NftLoad.Unknown(device is null ? NoDevice : "the packet's source address is not known");
        }

        var address = isSource ? packet.Source : packet.Destination;
        if (result == NftFibResult.AddressType)
        {
            if ((isV6 ? TypeIPv6(address, device) : TypeIPv4(address, device)) is not { } type)
            {
                return NftLoad.Unknown(NoRoutes);
            }

            MemoryMarshal.Write(value, in type);
            return NftLoad.Known;
        }

        return Device(state, input, device, address, result, flags, value);
    }

    // __inet_dev_addr_type in net/ipv4/fib_frontend.c: the local table alone.
    private uint? TypeIPv4(Bits128 address, string device)
    {
        if (address >> 28 == 0xe)
        {
            return Multicast;
        }

        if (address == uint.MaxValue || address >> 24 == 0)
        {
            return Broadcast;
        }

        if (!network.KnowsRoutes(IPFamily.IPv4))
        {
            return address >> 24 == 127 && device.Length == 0 ? Local : null;
        }

        var local = network.LocalRoute(IPFamily.IPv4, address);
        return local is null || (device.Length > 0 && local.Device != device) ? Unicast : local.Kind switch
        {
            FibResultKind.Local => Local, FibResultKind.Broadcast => Broadcast, _ => Unicast,
        };
    }

    // __nft_fib6_eval_type.
    private uint? TypeIPv6(Bits128 address, string device)
    {
        if (address >> 120 == 0xff)
        {
            return Multicast;
        }

        if (!network.KnowsRoutes(IPFamily.IPv6))
        {
            return address == 1 && device.Length == 0 ? Local : null;
        }

        var found = network.Route(
            FibQuery.To(IPFamily.IPv6, address) with { SourceKnown = true, Output = device.Length == 0 ? null : device });
        return found.Kind switch
        {
            FibResultKind.Unknown => null,
            FibResultKind.Unreachable or FibResultKind.Blackhole or FibResultKind.Prohibit => Unreachable,
            _ when found.Entry is { IsAnycast: true } => Anycast,
            FibResultKind.Local => Local,
            _ => Unicast,
        };
    }

    private NftLoad Device(
        BranchState state, string? input, string limit, Bits128 address, NftFibResult result, NftFibFlags flags, Span<byte> value)
    {
        ref readonly var packet = ref state.Packet;
        bool isV6 = PacketHeader.IsV6(packet), isSource = (flags & NftFibFlags.Source) != 0;
        if (state.Hook == HookOrder.Prerouting && network.Find(input)?.IsLoopback == true)
        {
            // What comes in through lo is taken to be routed by it (nft_fib_is_loopback).
            return Store(input!, result, flags, value);
        }

        if (address == Bits128.Zero || !network.KnowsRoutes(packet.Family))
        {
            return NftLoad.Unknown(NoRoutes);
        }

        bool usesMark = (flags & NftFibFlags.Mark) != 0;
        var back = network.Route(FibQuery.To(packet.Family, address) with
        {
            Source = isSource ? packet.Destination : packet.Source, SourceKnown = isSource || packet.SourceKnown,
            Mark = usesMark ? packet.Mark : 0, MarkKnown = usesMark ? packet.MarkKnown : uint.MaxValue, Tos = packet.Tos,
        });
        return back switch
        {
            { Kind: FibResultKind.Unknown } or { Granted: not null } or { Kind: FibResultKind.Unicast, Entry: null } =>
                NftLoad.Unknown(NoRoutes),
            { Kind: FibResultKind.Local } when isV6 => NftLoad.Unknown("what 'fib' finds for an address of this node is not known"),
            { Kind: FibResultKind.Unicast, Entry: { } route } when limit.Length == 0 || route.Devices.Contains(limit) =>
                limit.Length == 0 && back.Device is null ? NftLoad.Unknown(NoDevice)
                    : Store(limit.Length > 0 ? limit : back.Device!, result, flags, value),

            // IPv6 looks among the routes of that interface alone: a shorter prefix may lead through it.
            { Kind: FibResultKind.Unicast } when isV6 => NftLoad.Unknown(NoRoutes),
            _ => NftLoad.Known,
        };
    }

    private NftLoad Store(string device, NftFibResult result, NftFibFlags flags, Span<byte> value)
    {
        if ((flags & NftFibFlags.Present) != 0)
        {
            MemoryMarshal.Write(value, 1u);
            return NftLoad.Known;
        }

        if (result == NftFibResult.OutputName)
        {
            Encoding.UTF8.GetBytes(device.AsSpan(0, Math.Min(device.Length, 15)), value);
            return NftLoad.Known;
        }

        if (network.Find(device) is not { Index: > 0 } found)
        {
            return NftLoad.Unknown(NoDevice);
        }

        MemoryMarshal.Write(value, (uint)found.Index);
        return NftLoad.Known;
    }
}
