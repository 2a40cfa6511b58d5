namespace K8sNetfilter.Nftables.Syntax;

/// <summary>What an option is an option of: the operations of the kernel's exthdr expression.</summary>
internal enum OptionKind
{
    /// <summary>An extension header of IPv6.</summary>
    Ip6Header,

    /// <summary>An option of TCP.</summary>
    Tcp,

    /// <summary>An option of IPv4.</summary>
    Ip,

    /// <summary>A chunk of SCTP.</summary>
    SctpChunk,

    /// <summary>An option of DCCP.</summary>
    Dccp,
}

/// <summary>An option, its number in packets and its fields.</summary>
/// <param name="Kind">What it is an option of.</param>
/// <param name="Name">Its name.</param>
/// <param name="Number">Its number.</param>
/// <param name="Fields">Its fields.</param>
internal sealed record OptionHeader(OptionKind Kind, string Name, int Number, IReadOnlyList<HeaderField> Fields)
{
    public HeaderField? Find(string field) => Fields.FirstOrDefault(f => f.Name == field);
}

/// <summary>The extension headers, options and chunks that nft knows: nft(8), "extension header expressions".</summary>
internal static class OptionFields
{
    private const string TcpHead = "kind integer 0 8";
    private const string TcpLength = "kind integer 0 8,length integer 8 8";
    private const string IpHead = "type integer 0 8,length integer 8 8";
    private const string Chunk = "type integer 0 8,flags integer 8 8,length integer 16 16";
    private const string Next = "nexthdr inet_proto 0 8,hdrlength integer 8 8";
    private const string Routing = Next + ",type integer 16 8,seg-left integer 24 8";

    private static readonly OptionHeader[] All =
    [
        Header(OptionKind.Ip6Header, "hbh", 0, Next),
        Header(OptionKind.Ip6Header, "rt", 43, Routing),
        Header(OptionKind.Ip6Header, "rt0", 43, Routing + ",reserved integer 32 32,addr[1] ipv6_addr 64 128,addr[2] ipv6_addr 192 128"),
        Header(OptionKind.Ip6Header, "rt2", 43, Routing + ",reserved integer 32 32,addr ipv6_addr 64 128"),
        Header(OptionKind.Ip6Header, "srh", 43,
            Routing + ",last-entry integer 32 8,flags integer 40 8,tag integer 48 16,sid[1] ipv6_addr 64 128,sid[2] ipv6_addr 192 128"),
        Header(OptionKind.Ip6Header, "frag", 44,
            "nexthdr inet_proto 0 8,reserved integer 8 8,frag-off integer 16 13,reserved2 integer 29 2," +
            "more-fragments integer 31 1,id integer 32 32"),
        Header(OptionKind.Ip6Header, "dst", 60, Next),
        Header(OptionKind.Ip6Header, "mh", 135, Next + ",type mh_type 16 8,reserved integer 24 8,checksum integer 32 16"),
        Header(OptionKind.Tcp, "eol", 0, TcpHead),
        Header(OptionKind.Tcp, "nop", 1, TcpHead),
        Header(OptionKind.Tcp, "maxseg", 2, TcpLength + ",size integer 16 16"),
        Header(OptionKind.Tcp, "window", 3, TcpLength + ",count integer 16 8"),
        Header(OptionKind.Tcp, "sack-perm", 4, TcpLength),
        Header(OptionKind.Tcp, "sack", 5, TcpLength + ",left integer 16 32,right integer 48 32"),
        Header(OptionKind.Tcp, "sack0", 5, TcpLength + ",left integer 16 32,right integer 48 32"),
        Header(OptionKind.Tcp, "sack1", 5, TcpLength + ",left integer 80 32,right integer 112 32"),
        Header(OptionKind.Tcp, "sack2", 5, TcpLength + ",left integer 144 32,right integer 176 32"),
        Header(OptionKind.Tcp, "sack3", 5, TcpLength + ",left integer 208 32,right integer 240 32"),
        Header(OptionKind.Tcp, "timestamp", 8, TcpLength + ",tsval integer 16 32,tsecr integer 48 32"),
        Header(OptionKind.Tcp, "md5sig", 19, TcpLength),
        Header(OptionKind.Tcp, "mptcp", 30, TcpLength + ",subtype integer 16 4"),
        Header(OptionKind.Tcp, "fastopen", 34, TcpLength),
        Header(OptionKind.Ip, "rr", 7, IpHead + ",ptr integer 16 8,addr integer 24 32"),
        Header(OptionKind.Ip, "lsrr", 131, IpHead + ",ptr integer 16 8,addr integer 24 32"),
        Header(OptionKind.Ip, "ssrr", 137, IpHead + ",ptr integer 16 8,addr integer 24 32"),
        Header(OptionKind.Ip, "ra", 148, IpHead + ",value integer 16 16"),
        Header(OptionKind.SctpChunk, "data", 0, Chunk + ",tsn integer 32 32,stream integer 64 16,ssn integer 80 16,ppid integer 96 32"),
        Header(OptionKind.SctpChunk, "init", 1, Chunk + InitFields),
        Header(OptionKind.SctpChunk, "init-ack", 2, Chunk + InitFields),
        Header(OptionKind.SctpChunk, "sack", 3,
            Chunk + ",cum-tsn-ack integer 32 32,a-rwnd integer 64 32,num-gap-ack-blocks integer 96 16,num-dup-tsns integer 112 16"),
        Header(OptionKind.SctpChunk, "heartbeat", 4, Chunk),
        Header(OptionKind.SctpChunk, "heartbeat-ack", 5, Chunk),
        Header(OptionKind.SctpChunk, "abort", 6, Chunk),
        Header(OptionKind.SctpChunk, "shutdown", 7, Chunk + ",cum-tsn-ack integer 32 32"),
        Header(OptionKind.SctpChunk, "shutdown-ack", 8, Chunk),
        Header(OptionKind.SctpChunk, "error", 9, Chunk),
        Header(OptionKind.SctpChunk, "cookie-echo", 10, Chunk),
        Header(OptionKind.SctpChunk, "cookie-ack", 11, Chunk),
        Header(OptionKind.SctpChunk, "ecne", 12, Chunk + ",lowest-tsn integer 32 32"),
        Header(OptionKind.SctpChunk, "cwr", 13, Chunk + ",lowest-tsn integer 32 32"),
        Header(OptionKind.SctpChunk, "shutdown-complete", 14, Chunk),
        Header(OptionKind.SctpChunk, "asconf-ack", 128, Chunk + ",seqno integer 32 32"),
        Header(OptionKind.SctpChunk, "forward-tsn", 192, Chunk + ",new-cum-tsn integer 32 32"),
        Header(OptionKind.SctpChunk, "asconf", 193, Chunk + ",seqno integer 32 32"),
    ];

    private const string InitFields =
        ",init-tag integer 32 32,a-rwnd integer 64 32,num-outbound-streams integer 96 16," +
        "num-inbound-streams integer 112 16,initial-tsn integer 128 32";

    private static readonly Dictionary<(OptionKind Kind, string Name), OptionHeader> ByName = All.ToDictionary(h => (h.Kind, h.Name));

    /// <summary>The option of a name; null if nft 1.1 has none.</summary>
    public static OptionHeader? Find(OptionKind kind, string name) => ByName.GetValueOrDefault((kind, name));

    /// <summary>The first option of a number; null if nft 1.1 has none.</summary>
    public static OptionHeader? Find(OptionKind kind, int number) => All.FirstOrDefault(h => h.Kind == kind && h.Number == number);

    private static OptionHeader Header(OptionKind kind, string name, int number, string fields) =>
        new(kind, name, number, [.. HeaderFields.Read(name, fields)]);
}
