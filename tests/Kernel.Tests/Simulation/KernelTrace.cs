using System.Text.Json;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>
/// The nf_tables trace of a namespace (NFT_MSG_TRACE on NFNLGRP_NFTRACE, include/uapi/linux/netfilter/nf_tables.h), sorted by packet.
/// A packet is known by what <see cref="LabPacket.Id"/> reads in its header.
/// </summary>
internal sealed class KernelTrace : IDisposable
{
    private readonly NetlinkSocket _socket;
    private readonly byte[] _buffer = new byte[1 << 20];
    private readonly Dictionary<uint, int> _packetOf = [];
    private readonly Dictionary<int, List<TraceEvent>> _events = [];
    private readonly Dictionary<(string Table, ulong Handle), int> _numbers = [];
    private readonly HashSet<(string Table, string Chain)> _empty = [];

    public KernelTrace(NetworkNamespace space)
    {
        _socket = space.Run(() => new NetlinkSocket(NetlinkProtocol.Netfilter, new NetlinkOptions { SocketBufferSize = 64 << 20, Timeout = TimeSpan.FromMilliseconds(1) }));
        _socket.Join(9);
    }

    /// <summary>Learns the rules' handles from <c>nft -j -a list ruleset</c>.</summary>
    public void Learn(string json)
    {
        _numbers.Clear();
        _empty.Clear();
        var counts = new Dictionary<(string, string), int>();
        using var document = JsonDocument.Parse(json);
        foreach (var item in document.RootElement.GetProperty("nftables").EnumerateArray())
        {
            if (item.TryGetProperty("chain", out var chain))
            {
                counts[(chain.GetProperty("table").GetString()!, chain.GetProperty("name").GetString()!)] = 0;
            }
            else if (item.TryGetProperty("rule", out var rule))
            {
                string table = rule.GetProperty("table").GetString()!;
                var key = (table, rule.GetProperty("chain").GetString()!);
                _numbers[(table, rule.GetProperty("handle").GetUInt64())] = counts[key] = counts.GetValueOrDefault(key) + 1;
            }
        }

        foreach (var (key, count) in counts)
        {
            if (count == 0)
            {
                _empty.Add(key);
            }
        }
    }

    public void Clear()
    {
        _packetOf.Clear();
        _events.Clear();
    }

    /// <summary>What a packet met, in order; the lab's own chains have a table named lab.</summary>
    public IReadOnlyList<TraceEvent> Of(int packet) => _events.TryGetValue(packet, out var events) ? events : [];

    /// <summary>Reads what has come; true where anything has.</summary>
    public bool Read(TimeSpan wait)
    {
        bool any = false;
        while (_socket.Wait(any ? TimeSpan.Zero : wait))
        {
            int length = _socket.Receive(_buffer);
            any = true;
            for (int at = 0; at + NetlinkMessage.HeaderSize <= length;)
            {
                int size = BitConverter.ToInt32(_buffer, at);
                Add(new NetlinkMessage(_buffer.AsSpan(at, size)));
                at += NetlinkAttributes.Align(size);
            }
        }

        return any;
    }

    private void Add(NetlinkMessage message)
    {
        // NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE
        if (message.Type != ((10 << 8) | 17))
        {
            return;
        }

        string table = "";
        string chain = "";
        ulong handle = 0;
        uint type = 0;
        uint id = 0;
        uint mark = 0;
        uint policy = 0;
        int packet = -1;
        foreach (var attribute in message.Attributes(4))
        {
            switch (attribute.Type)
            {
                case 1:
                    table = attribute.AsText();
                    break;
                case 2:
                    chain = attribute.AsText();
                    break;
                case 3:
                    handle = attribute.AsUInt64BigEndian();
                    break;
                case 4:
                    type = attribute.AsUInt32BigEndian();
                    break;
                case 6:
                    id = attribute.AsUInt32BigEndian();
                    break;
                case 8:
                    packet = LabPacket.Id(attribute.Payload);
                    break;
                case 16:
                    policy = attribute.AsUInt32BigEndian();
                    break;
                case 14:
                    mark = attribute.AsUInt32BigEndian();
                    break;
            }
        }

        if (packet >= 0)
        {
            // The kernel tells an id twice where a packet comes round through lo: it stays the same packet.
            _packetOf[id] = packet;
        }
        else if (!_packetOf.TryGetValue(id, out packet))
        {
            return;
        }

        // NFT_TRACETYPE_POLICY 1, RETURN 2 (the end of a user's chain), RULE 3
        // From 6.x on the end of a chain comes as a rule without a handle.
        if (type == 2 || (type == 3 && handle == 0) || (type == 1 && policy == 1 && _empty.Contains((table, chain)) && table != "lab"))
        {
            return;
        }

        if (!_events.TryGetValue(packet, out var events))
        {
            _events[packet] = events = [];
        }

        events.Add(new TraceEvent(table, chain, type == 3 ? _numbers.GetValueOrDefault((table, handle), -1) : 0, mark));
    }

    public void Dispose() => _socket.Dispose();
}
