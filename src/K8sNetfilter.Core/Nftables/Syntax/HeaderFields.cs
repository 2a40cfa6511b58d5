using System.Globalization;

namespace K8sNetfilter.Nftables.Syntax;

/// <summary>The headers that nft knows, and their fields: nft(8), "payload expressions".</summary>
internal static class HeaderFields
{
    // "name type offset length", in bits.
    private static readonly (string Header, HeaderBase Base, string Fields)[] Headers =
    [
        ("ether", HeaderBase.Link, "daddr ether_addr 0 48,saddr ether_addr 48 48,type ether_type 96 16"),
        ("vlan", HeaderBase.Link, "pcp integer 0 3,dei integer 3 1,cfi integer 3 1,id integer 4 12,type ether_type 16 16"),
        ("arp", HeaderBase.Network,
            "htype integer 0 16,ptype ether_type 16 16,hlen integer 32 8,plen integer 40 8,operation arp_op 48 16," +
            "saddr ether ether_addr 64 48," +
            "saddr ip ipv4_addr 112 32,daddr ether ether_addr 144 48,daddr ip ipv4_addr 192 32"),
        ("ip", HeaderBase.Network,
            "version integer 0 4,hdrlength integer 4 4,dscp dscp 8 6,ecn ecn 14 2,length integer 16 16,id integer 32 16," +
            "frag-off integer 48 16," +
            "ttl integer 64 8,protocol inet_proto 72 8,checksum integer 80 16,saddr ipv4_addr 96 32,daddr ipv4_addr 128 32"),
        ("ip6", HeaderBase.Network,
            "version integer 0 4,dscp dscp 4 6,ecn ecn 10 2,flowlabel integer 12 20,length integer 32 16,nexthdr inet_proto 48 8," +
            "hoplimit integer 56 8,saddr ipv6_addr 64 128,daddr ipv6_addr 192 128"),
        ("icmp", HeaderBase.Transport,
            "type icmp_type 0 8,code icmp_code 8 8,checksum integer 16 16,id integer 32 16,sequence integer 48 16,gateway integer 32 32," +
            "mtu integer 48 16"),
        ("igmp", HeaderBase.Transport, "type igmp_type 0 8,mrt integer 8 8,checksum integer 16 16,group integer 32 32"),
        ("icmpv6", HeaderBase.Transport,
            "type icmpv6_type 0 8,code icmpv6_code 8 8,checksum integer 16 16,parameter-problem integer 32 32,mtu integer 32 32," +
            "id integer 32 16,sequence integer 48 16,max-delay integer 32 16,taddr ipv6_addr 64 128,daddr ipv6_addr 192 128"),
        ("ah", HeaderBase.Transport,
            "nexthdr inet_proto 0 8,hdrlength integer 8 8,reserved integer 16 16,spi integer 32 32," +
            "sequence integer 64 32"),
        ("esp", HeaderBase.Transport, "spi integer 0 32,sequence integer 32 32"),
        ("comp", HeaderBase.Transport, "nexthdr inet_proto 0 8,flags bitmask 8 8,cpi integer 16 16"),
        ("udp", HeaderBase.Transport, "sport inet_service 0 16,dport inet_service 16 16,length integer 32 16,checksum integer 48 16"),
        ("udplite", HeaderBase.Transport, "sport inet_service 0 16,dport inet_service 16 16,csumcov integer 32 16,checksum integer 48 16"),
        ("tcp", HeaderBase.Transport,
            "sport inet_service 0 16,dport inet_service 16 16,sequence integer 32 32,ackseq integer 64 32,doff integer 96 4," +
            "reserved integer 100 4," +
            "flags tcp_flag 104 8,window integer 112 16,checksum integer 128 16,urgptr integer 144 16"),
        ("dccp", HeaderBase.Transport, "sport inet_service 0 16,dport inet_service 16 16,type dccp_pkttype 67 4"),
        ("sctp", HeaderBase.Transport, "sport inet_service 0 16,dport inet_service 16 16,vtag integer 32 32,checksum integer 64 32"),
        ("th", HeaderBase.Transport, "sport inet_service 0 16,dport inet_service 16 16"),
        ("gre", HeaderBase.Transport, "flags integer 0 5,version integer 13 3,protocol ether_type 16 16"),
    ];

    private static readonly Dictionary<string, HeaderBase> Bases = Headers.ToDictionary(h => h.Header, h => h.Base,
        StringComparer.Ordinal);

    private static readonly Dictionary<(string Header, string Field), HeaderField> ByName =
        Headers.SelectMany(h => Read(h.Header, h.Fields)).ToDictionary(f => (f.Header, f.Name));

    /// <summary>The field of a header; null if nft 1.1 has none.</summary>
    public static HeaderField? Find(string header, string field) => ByName.GetValueOrDefault((header, field));

    /// <summary>Whether it is the name of a header.</summary>
    public static bool IsHeader(string name) => Bases.ContainsKey(name);

    /// <summary>Where the header is.</summary>
    public static HeaderBase BaseOf(string header) => Bases[header];

    /// <summary>Reads "name type offset length", with commas between the fields. A name may have a space in it.</summary>
    internal static IEnumerable<HeaderField> Read(string header, string fields)
    {
        foreach (string field in fields.Split(','))
        {
            string[] words = field.Split(' ');
            int number = words.Length - 2;
            yield return new(header, string.Join(' ', words[..(number - 1)]), DataTypes.Find(words[number - 1])!, Number(words[number]),
                Number(words[number + 1]));
        }
    }

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);
}
