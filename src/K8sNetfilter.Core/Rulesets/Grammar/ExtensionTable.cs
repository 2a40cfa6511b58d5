namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>
/// The extensions that iptables ships and their options; <c>name=</c> takes a value. The names are those that iptables 1.8.9 registers
/// (struct option and xt_option_entry of each extension), and those of later releases.
/// </summary>
internal static class ExtensionTable
{
    /// <summary>The matches.</summary>
    public static IReadOnlyList<ExtensionEntry> Matches =>
    [
        new("addrtype", "dst-type= limit-iface-in limit-iface-out src-type="),
        new("ah", "ahlen= ahres ahspi="),
        new("bpf", "bytecode= object-pinned="),
        new("cgroup", "cgroup= path="),
        new("cluster", "cluster-hash-seed= cluster-local-node= cluster-local-nodemask= cluster-total-nodes="),
        new("comment", "comment="),
        new("connbytes", "connbytes= connbytes-dir= connbytes-mode="),
        new("connlabel", "label= set"),
        new("connlimit", "connlimit-above= connlimit-daddr connlimit-mask= connlimit-saddr connlimit-upto="),
        new("connmark", "mark="),
        new("conntrack", "ctdir= ctexpire= ctorigdst= ctorigdstport= ctorigsrc= ctorigsrcport= ctproto= ctrepldst= ctrepldstport= "
            + "ctreplsrc= ctreplsrcport= ctstate= ctstatus="),
        new("cpu", "cpu="),
        new("dccp", "dccp-option= dccp-types= destination-port= dport= source-port= sport="),
        new("devgroup", "dst-group= src-group="),
        new("dscp", "dscp= dscp-class="),
        new("dst", "dst-len= dst-opts="),
        new("ecn", "ecn-ip-ect= ecn-tcp-cwr ecn-tcp-ece"),
        new("esp", "espspi="),
        new("eui64", ""),
        new("frag", "fragfirst fragid= fraglast fraglen= fragmore fragres"),
        new("hashlimit", "hashlimit= hashlimit-burst= hashlimit-htable-expire= hashlimit-htable-gcinterval= hashlimit-htable-max= "
            + "hashlimit-htable-size= hashlimit-mode= hashlimit-name= hashlimit-above= hashlimit-dstmask= hashlimit-srcmask= "
            + "hashlimit-upto= hashlimit-rate-interval= hashlimit-rate-match"),
        new("hbh", "hbh-len= hbh-opts="),
        new("helper", "helper="),
        new("hl", "hl= hl-eq= hl-gt= hl-lt="),
        new("icmp", "icmp-type="),
        new("icmp6", "icmpv6-type="),
        new("icmpv6", "icmpv6-type="),
        new("ipcomp", "compres ipcompspi="),
        new("iprange", "dst-range= src-range="),
        new("ipv6-icmp", "icmpv6-type="),
        new("ipv6header", "header= soft"),
        new("ipvs", "ipvs vaddr= vdir= vmethod= vport= vportctl= vproto="),
        new("length", "length="),
        new("limit", "limit= limit-burst="),
        new("mac", "mac-source="),
        new("mark", "mark="),
        new("mh", "mh-type="),
        new("mobility-header", "mh-type="),
        new("multiport", "destination-ports= dports= ports= source-ports= sports="),
        new("nfacct", "nfacct-name="),
        new("osf", "genre= log= ttl="),
        new("owner", "gid-owner= socket-exists suppl-groups uid-owner= pid-owner= sid-owner= cmd-owner="),
        new("physdev", "physdev-in= physdev-is-bridged physdev-is-in physdev-is-out physdev-out="),
        new("pkttype", "pkt-type="),
        new("policy", "dir= mode= next pol= proto= reqid= spi= strict tunnel-dst= tunnel-src="),
        new("quota", "quota="),
        new("rateest", "rateest= rateest-bps rateest-bps1 rateest-bps2 rateest-delta rateest-eq rateest-gt rateest-lt rateest-pps "
            + "rateest-pps1 rateest-pps2 rateest1= rateest2="),
        new("realm", "realm="),
        new("recent", "hitcount= name= rcheck rdest reap remove rsource rttl seconds= set update mask="),
        new("rpfilter", "accept-local invert loose validmark"),
        new("rt", "rt-0-addrs= rt-0-not-strict rt-0-res rt-len= rt-segsleft= rt-type="),
        new("sctp", "chunk-types= destination-port= dport= source-port= sport="),
        new("set", "match-set= set= return-nomatch bytes-eq= bytes-gt= bytes-lt= packets-eq= packets-gt= packets-lt= update-counters "
            + "update-subcounters"),
        new("socket", "transparent nowildcard restore-skmark"),
        new("srh", "srh-hdr-len-eq= srh-hdr-len-gt= srh-hdr-len-lt= srh-last-entry-eq= srh-last-entry-gt= srh-last-entry-lt= srh-next-hdr= "
            + "srh-segs-left-eq= srh-segs-left-gt= srh-segs-left-lt= srh-tag= srh-lsid= srh-nsid= srh-psid="),
        new("state", "state="),
        new("statistic", "every= mode= packet= probability="),
        new("string", "algo= from= hex-string= icase string= to="),
        new("tcp", "destination-port= dport= source-port= sport= syn tcp-flags= tcp-option="),
        new("tcpmss", "mss="),
        new("time", "contiguous datestart= datestop= kerneltz localtz monthdays= timestart= timestop= utc weekdays="),
        new("tos", "tos="),
        new("ttl", "ttl= ttl-eq= ttl-gt= ttl-lt="),
        new("u32", "u32="),
        new("udp", "destination-port= dport= source-port= sport="),
        new("udplite", "destination-port= dport= source-port= sport="),
    ];

    /// <summary>The targets.</summary>
    public static IReadOnlyList<ExtensionEntry> Targets =>
    [
        new("ACCEPT", ""),
        new("AUDIT", "type="),
        new("CHECKSUM", "checksum-fill"),
        new("CLASSIFY", "set-class="),
        new("CLUSTERIP", "clustermac= hash-init= hashmode= local-node= new total-nodes="),
        new("CONNMARK", "mask= restore-mark save-mark set-mark= and-mark= ctmask= nfmask= or-mark= set-xmark= xor-mark= left-shift-mark= "
            + "right-shift-mark="),
        new("CONNSECMARK", "restore save"),
        new("CT", "ctevents= expevents= helper= notrack zone= zone-orig= zone-reply= timeout="),
        new("DNAT", "persistent random to-destination= random-fully"),
        new("DNPT", "dst-pfx= src-pfx="),
        new("DROP", ""),
        new("DSCP", "set-dscp= set-dscp-class="),
        new("ECN", "ecn-ip-ect= ecn-tcp-cwr= ecn-tcp-ece= ecn-tcp-remove"),
        new("HL", "hl-dec= hl-inc= hl-set="),
        new("HMARK", "hmark-dport= hmark-dport-mask= hmark-dst-prefix= hmark-mod= hmark-offset= hmark-proto-mask= hmark-rnd= hmark-spi= "
            + "hmark-spi-mask= hmark-sport= hmark-sport-mask= hmark-src-prefix= hmark-tuple="),
        new("IDLETIMER", "label= timeout= alarm"),
        new("LED", "led-always-blink led-delay= led-trigger-id="),
        new("LOG", "log-ip-options log-level= log-macdecode log-prefix= log-tcp-options log-tcp-sequence log-uid"),
        new("MARK", "and-mark= or-mark= set-mark= set-xmark= xor-mark="),
        new("MASQUERADE", "random random-fully to-ports="),
        new("NETMAP", "to="),
        new("NFLOG", "nflog-group= nflog-prefix= nflog-range= nflog-size= nflog-threshold="),
        new("NFQUEUE", "queue-balance= queue-bypass queue-cpu-fanout queue-num="),
        new("NOTRACK", ""),
        new("QUEUE", ""),
        new("RATEEST", "rateest-ewmalog= rateest-interval= rateest-name="),
        new("REDIRECT", "random to-ports= random-fully persistent"),
        new("REJECT", "reject-with="),
        new("RETURN", ""),
        new("SECMARK", "selctx="),
        new("SET", "add-set= del-set= exist timeout= map-mark map-prio map-queue map-set="),
        new("SNAT", "persistent random random-fully to-source="),
        new("SNPT", "dst-pfx= src-pfx="),
        new("SYNPROXY", "ecn mss= sack-perm timestamp wscale="),
        new("TCPMSS", "clamp-mss-to-pmtu set-mss="),
        new("TCPOPTSTRIP", "strip-options="),
        new("TEE", "gateway= oif="),
        new("TOS", "and-tos= or-tos= set-tos= xor-tos="),
        new("TPROXY", "on-ip= on-port= tproxy-mark="),
        new("TRACE", ""),
        new("TTL", "ttl-dec= ttl-inc= ttl-set="),
        new("ULOG", "ulog-cprange= ulog-nlgroup= ulog-prefix= ulog-qthreshold="),
    ];

    /// <summary>The names of every match and target listed, and of all their options.</summary>
    public static IEnumerable<string> AllNames() =>
        Matches.Concat(Targets)
            .SelectMany(e => e.Options.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(o => o.TrimEnd('=')).Prepend(e.Name));
}
