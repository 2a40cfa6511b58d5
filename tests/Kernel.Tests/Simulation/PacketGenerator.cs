using System.Globalization;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>Makes packets for the lab: who sends them, and what they are.</summary>
internal static class PacketGenerator
{
    private static readonly string[] Destinations =
    [
        "10.96.0.10", "10.96.0.11", "10.96.0.10", "10.2.0.2", "10.2.0.3", "10.2.0.4", "10.1.0.2", "10.0.0.3", "10.3.4.5", "8.8.8.8", "10.1.0.1", "10.0.0.1", "10.2.0.1", "10.1.0.11",
        "10.66.0.1", "10.67.0.1", "10.1.0.3",
    ];

    /// <summary>Makes one. Each has a source port (or ICMP identifier) of its own, so that each opens a connection of its own.</summary>
    public static (string Link, Packet Packet) Make(Random random, int number, LabAddressing addressing)
    {
        string link = random.Next(10) switch { < 3 => "p" + random.Next(3).ToString(CultureInfo.InvariantCulture), < 5 => "eth0", < 7 => "eth1", _ when number % 3 == 0 => "", _ => "p0" };
        string source = link switch
        {
            "eth0" => random.Next(2) == 0 ? "10.0.0.2" : "10.3.9.9",
            "eth1" => random.Next(2) == 0 ? "10.1.0.2" : "9.9.9.9",
            "" => random.Next(3) switch { 0 => "10.0.0.1", 1 => "10.1.0.1", _ => "10.2.0.1" },
            _ => $"10.2.0.{link[1] - '0' + 2}",
        };
        string destination = Destinations[random.Next(Destinations.Length)];
        string protocol = random.Next(5) switch { 0 => "udp", 1 => addressing.Icmp, _ => "tcp" };
        bool icmp = protocol == addressing.Icmp;
        if (link.Length == 0)
        {
            // A socket's packet to one of the node's own addresses has that address's kind of source too; keep to what a program could send.
            source = destination is "10.1.0.1" or "10.0.0.1" or "10.2.0.1" or "10.1.0.11" ? destination : source;
        }

        return (link, new Packet
        {
            Source = addressing.Address(source),
            Destination = addressing.Address(destination),
            Protocol = protocol,
            SourcePort = 40000 + number,
            DestinationPort = icmp ? null : new[] { 80, 443, 8080, 53, 1500 }[random.Next(5)],
            IcmpType = icmp ? IcmpType(random, link, addressing) : null,
            IcmpCode = icmp ? 0 : null,
            TcpFlags = protocol == "tcp" ? new[] { 2, 2, 2, 2, 2, 2, 0x10, 0x12, 0x18, 0x11, 0 }[random.Next(11)] : null,
            Ttl = random.Next(8) == 0 ? 33 : 64,
            Tos = new[] { 0, 0, 0, 0x10, 0x08 }[random.Next(5)],
            Length = addressing.HeaderSize + (protocol == "tcp" ? 20 : 8),
            InInterface = link,
        });
    }
    // Mostly what opens a connection, and some of what opens none or is not tracked: answers that nobody asked for, an error without the
    // packet that it tells of, and neighbour discovery and MLD, which have to come from the link itself to change anything.
    private static int IcmpType(Random random, string link, LabAddressing addressing) =>
        link.Length == 0 || random.Next(3) > 0 ? addressing.EchoRequest
        : addressing.V6 ? new[] { 1, 3, 129, 131, 132, 135, 136, 137, 139, 140, 143, 151 }[random.Next(12)]
        : new[] { 0, 3, 11 }[random.Next(3)];
}
