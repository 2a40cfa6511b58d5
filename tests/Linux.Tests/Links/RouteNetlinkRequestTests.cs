using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Links;
using K8sNetfilter.Netlink;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Tests.Netlink;

namespace K8sNetfilter.Tests.Links;

// The bytes that go out, literally. Little-endian, as are x86-64 and arm64.
public sealed class RouteNetlinkRequestTests
{
    private static List<byte[]> Record(Action<RouteNetlink> act)
    {
        ScriptedTransport? transport = null;
        var connection = new NetlinkConnection(() => transport = new ScriptedTransport(r =>
            (BitConverter.ToUInt16(r, 6) & 0x300) == 0x300 && (BitConverter.ToUInt16(r, 6) & 0x400) == 0 ? [ScriptedTransport.Done(r)]
            : BitConverter.ToUInt16(r, 4) == 18 ? [ScriptedTransport.Message(r, 16, 0, CapturedMessages.Bridge[16..]), ScriptedTransport.Ack(r)] : [ScriptedTransport.Ack(r)]));
        using var link = new RouteNetlink(connection, "here");
        act(link);
        return transport!.Requests;
    }

    private static void Sends(string expected, Action<RouteNetlink> act) =>
        Assert.Equal(expected.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(Record(act)[^1]).ToLowerInvariant());

    // length, type, flags, sequence 1, port 4711
    private static string Header(string length, string type, string flags, int sequence = 1) => $"{length}0000 {type} {flags} 0{sequence}000000 67120000";

    [Fact]
    public void Dumps_ask_for_all_and_leave_statistics_out()
    {
        Sends(Header("2800", "1200", "0103") + "00000000000000000000000000000000 08001d0008000000", l => l.ReadLinks());
        Sends(Header("1800", "1600", "0103") + "0000000000000000", l => l.ReadAddresses());
        Sends(Header("2000", "1600", "0103") + "0000000002000000 08000a0007000000", l => l.ReadAddressesIn(7, 2));
        Sends(Header("1c00", "1a00", "0103") + "000000000000000000000000", l => l.ReadRoutes());
        Sends(Header("1c00", "2200", "0103") + "000000000000000000000000", l => l.ReadRules());
        Sends(Header("1c00", "1e00", "0103") + "000000000000000000000000", l => l.ReadNeighbors());
        Sends(Header("1c00", "1e00", "0103") + "070000000000000000000000", l => l.ReadForwardingEntries());
    }

    [Fact]
    public void Changes_of_links_are_the_bytes_that_ip_sends()
    {
        Sends(
            Header("5000", "1000", "0506") + "00000000000000000100000001000000 09000300636e693000000000 24001280 0b0001006272696467650000 14000280 0500240001000000 0500070000000000",
            l => l.AddBridge("cni0", new BridgeSettings { NfCallIptables = true, VlanFiltering = false }));
        Sends(
            Header("5000", "1000", "0500") + "00000000000000000000000000000000 0a00030076657468300000 00 24001280 0b0004006272696467650000 14000580 0500040001000000 0500210000000000",
            l => l.SetBridgePort("veth0", new BridgePortSettings { Hairpin = true, Isolated = false }));
        Sends(Header("2c00", "1000", "0500") + "00000000000000000000000001000000 0a0003007665746830000000", l => l.SetUp("veth0", false));
        Sends(Header("2c00", "1100", "0500") + "00000000000000000000000000000000 0a0003007665746830000000", l => l.DeleteLink("veth0"));
        Sends(Header("3400", "1000", "0500", 2) + "00000000000000000000000000000000 0a0003007665746830000000 08000a0002000000", l => l.SetMaster("veth0", "cni0"));
        Sends(
            Header("6400", "1000", "0506") + "00000000000000000000000000000000 060003006100 0000 3c001280 0900010076657468000000 00 2c000280 28000180"
            + "00000000000000000000000000000000 060003006200 0000 0a0001000a580af40002 0000",
            l => l.AddVethPair(new VethEnd("a"), new VethEnd("b") { MacAddress = [0x0a, 0x58, 0x0a, 0xf4, 0, 2] }));
    }

    [Fact]
    public void Changes_of_addresses_routes_and_neighbours_are_the_bytes_that_ip_sends()
    {
        Sends(
            Header("3000", "1400", "0506", 2) + "0218000002000000 080002000af40001 080001000af40001 080004000af400ff",
            l => l.AddAddress("cni0", IPAddress.Parse("10.244.0.1"), 24));
        Sends(
            Header("3c00", "1800", "0506") + "021000000003000100000000" + "080001000a010000 080005000af40009 08000600 05000000 08000f00 e8030000",
            l => l.AddRoute(new Route { Family = AddressFamily.InterNetwork, Destination = IPAddress.Parse("10.1.0.0"), PrefixLength = 16, Table = 1000, Gateway = IPAddress.Parse("10.244.0.9"), Metric = 5 }));
        Sends(
            Header("3000", "1c00", "0505", 2) + "020000000200000080000000 080001000af40002 0a0002000a580af400020000",
            l => l.SetNeighbor("cni0", IPAddress.Parse("10.244.0.2"), [0x0a, 0x58, 0x0a, 0xf4, 0, 2]));
    }

    [Fact]
    public void A_batch_of_nf_tables_is_the_bytes_that_nft_sends()
    {
        ScriptedTransport? transport = null;
        using var connection = new NetlinkConnection(() => transport = new ScriptedTransport(r =>
        {
            // The acknowledgement is asked for by the message before the last.
            int last = 0;
            for (int offset = 0; BitConverter.ToUInt16(r, offset + 4) != 17; offset += BitConverter.ToInt32(r, offset))
            {
                last = offset;
            }

            return [ScriptedTransport.Ack(r[last..])];
        }));
        new NfBatch(NfFamily.IPv4, "lab").AddTable().AddBaseChain("in", "filter", NfHook.Input, -5, accepts: false).AddRule("in", r => r.Protocol(6).Accept())
            .Commit(connection, "here");
        string[] expected =
        [
            Header("1400", "1000", "0100", 1) + "0000000a",
            Header("1c00", "000a", "0104", 2) + "02000000 080001006c616200",
            Header("4c00", "030a", "0104", 3) + "02000000 080001006c616200 07000300696e0000 14000480 0800010000000001 08000200fffffffb 0800050000000000 0b00070066696c7465720000",
            Header("a800", "060a", "050c", 4) + "02000000 080001006c616200 07000200696e0000 84000480"
                + "24000180 090001006d65746100000000 14000280 0800020000000010 0800010000000001"
                + "2c000180 08000100636d7000 20000280 0800010000000001 0800020000000000 0c000380 0500010006000000"
                + "300001800e000100696d6d65646961746500 0000 1c0002800800010000000000 10000280 0c000280 0800010000000001",
            Header("1400", "1100", "0100", 5) + "0000000a",
        ];
        Assert.Equal(string.Concat(expected).Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(transport!.Requests[0]).ToLowerInvariant());
    }
}
