using System.Globalization;
using System.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Ipset;
using K8sNetfilter.Logic;

namespace K8sNetfilter.Fuzz;

/// <summary>
/// The output of <c>ipset save</c> and <c>ipset list</c>. What is read and written is the same when it is read and written again, and each
/// element of a set without exceptions is found by its own key.
/// </summary>
internal sealed class IpsetTextTarget : IFuzzTarget
{
    public string Name => "ipset-text";

    public IEnumerable<byte[]> Seeds => Inputs.Utf8(
        "create a hash:net family inet hashsize 1024 maxelem 65536 timeout 600 counters comment skbinfo bucketsize 12 initval 0x1b8a08d4\n"
            + "add a 10.0.0.0/8 timeout 498 nomatch packets 5 bytes 6 comment \"x y 'z\" skbmark 0x11/0xff skbprio 1:10 skbqueue 3\nadd a 10.1.2.3 timeout 0 packets 0 bytes 0",
        "create b bitmap:ip range 10.0.0.0-10.0.255.255 netmask 24\nadd b 10.0.3.0\ncreate m bitmap:ip,mac range 10.0.0.0-10.0.255.255\nadd m 10.0.0.1,00:11:22:AA:BB:CC\nadd m 10.0.0.2",
        "create p bitmap:port range 1-1024\nadd p 80\ncreate q hash:ip,port family inet\nadd q 10.0.0.1,icmp:echo-request\nadd q 10.0.0.1,vrrp:0\nadd q 10.0.0.1,icmp:8/3",
        "create n hash:net,iface family inet6\nadd n fd00::/64,eth0\nadd n ::/0,physdev:eth0\nadd n fd00::/64,eth wildcard nomatch",
        "create t hash:ip,port,net family inet\nadd t 10.0.0.1,tcp:80,10.0.0.0/24\ncreate l list:set size 8 timeout 100\nadd l t timeout 99\ncreate i hash:ip,mark family inet markmask 0xff\nadd i 10.0.0.1,0x2a",
        "Name: a\nType: hash:ip\nRevision: 6\nHeader: family inet hashsize 1024 maxelem 65536 bitmask 255.0.255.0\nNumber of entries: 1\nMembers:\n10.0.0.1\n\nName: b\nType: hash:mac\nHeader: \nMembers:");

    public void Run(byte[] input)
    {
        var sets = Read(Encoding.UTF8.GetString(input));
        string written = Write(sets);
        string rewritten = Write(Read(written));
        Inputs.Promise(rewritten == written, $"{written} became {rewritten}");
        foreach (var set in sets.Sets)
        {
            for (int i = 0; i < Math.Min(set.Elements?.Count ?? 0, 20); i++)
            {
                string key = IpsetKeyText.Format(set, set[i]);
                Inputs.Promise(IpsetKeyText.TryParse(set, key, out var element) && set.Elements!.Find(element) >= 0,
                    $"{key} of {set.Name} is not found");
            }

            var packet = new IpsetPacket { Family = set.Family == IPFamily.IPv6 ? IPFamily.IPv6 : IPFamily.IPv4, SourceKnown = true,
                Source = 1, Destination = Bits128.MaxValue, Protocol = 6, SourcePort = 1, DestinationPort = -1, In = "eth0", MarkKnown =
                    uint.MaxValue };
            var answer = IpsetLookup.Test(set, sets, packet, new IpsetQuestion { Sources = [true, false, true] });
            Inputs.Promise(answer.Outcome != MatchOutcome.Unknown || answer.Why is { Length: > 0 }, "an open answer without a reason");
        }
    }

    private static IpsetCatalog Read(string text)
    {
        var reader = new IpsetTextReader(mostElements: 10_000);
        foreach (string line in text.Split('\n'))
        {
            reader.Read(line);
        }

        return reader.Catalog;
    }

    private static string Write(IpsetCatalog sets)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        IpsetText.Write(text, sets, CancellationToken.None);
        return text.ToString();
    }
}
