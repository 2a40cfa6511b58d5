namespace K8sNetfilter.Rulesets;

/// <summary>
/// The extensions that iptables ships and their options; <c>name=</c> takes a value. The names are those that iptables 1.8.9 registers
/// (struct option and xt_option_entry of each extension), and those of later releases.
/// </summary>
internal static class ExtensionTable
{
    /// <summary>The matches.</summary>
    public static IReadOnlyList<(string Name, string Options)> Matches =>
    [
        ("addrtype", "dst-type= limit-iface-in limit-iface-out src-type="),
        ("ah", "ahlen= ahres ahspi="),
        ("bpf", "bytecode= object-pinned="),
        ("cgroup", "cgroup= path="),
        ("cluster", "cluster-hash-seed= cluster-local-node= cluster-local-nodemask= cluster-total-nodes="),
        ("comment", "comment="),
        ("connbytes", "connbytes= connbytes-dir= connbytes-mode="),
        ("connlabel", "label= set"),
        ("connlimit", "connlimit-above= connlimit-daddr connlimit-mask= connlimit-saddr connlimit-upto="),
        ("connmark", "mark="),
        ("conntrack", "ctdir= ctexpire= ctorigdst= ctorigdstport= ctorigsrc= ctorigsrcport= ctproto= ctrepldst= ctrepldstport= "
            + "ctreplsrc= ctreplsrcport= ctstate= ctstatus="),
        ("cpu", "cpu="),
        ("dccp", "dccp-option= dccp-types= destination-port= dport= source-port= sport="),
        ("devgroup", "dst-group= src-group="),
        ("dscp", "dscp= dscp-class="),
        ("dst", "dst-len= dst-opts="),
        ("ecn", "ecn-ip-ect= ecn-tcp-cwr ecn-tcp-ece"),
        ("esp", "espspi="),
        ("eui64", ""),
        ("frag", "fragfirst fragid= fraglast fraglen= fragmore fragres"),
        ("hashlimit", "hashlimit= hashlimit-burst= hashlimit-htable-expire= hashlimit-htable-gcinterval= hashlimit-htable-max= "
            + "hashlimit-htable-size= hashlimit-mode= hashlimit-name= hashlimit-above= hashlimit-dstmask= hashlimit-srcmask= "
            + "hashlimit-upto= hashlimit-rate-interval= hashlimit-rate-match"),
        ("hbh", "hbh-len= hbh-opts="),
        ("helper", "helper="),
        ("hl", "hl= hl-eq= hl-gt= hl-lt="),
        ("icmp", "icmp-type="),
        ("icmp6", "icmpv6-type="),
        ("icmpv6", "icmpv6-type="),
        ("ipcomp", "compres ipcompspi="),
        ("iprange", "dst-range= src-range="),
        ("ipv6-icmp", "icmpv6-type="),
        ("ipv6header", "header= soft"),
        ("ipvs", "ipvs vaddr= vdir= vmethod= vport= vportctl= vproto="),
        ("length", "length="),
        ("limit", "limit= limit-burst="),
        ("mac", "mac-source="),
        ("mark", "mark="),
        ("mh", "mh-type="),
        ("mobility-header", "mh-type="),
        ("multiport", "destination-ports= dports= ports= source-ports= sports="),
        ("nfacct", "nfacct-name="),
        ("osf", "genre= log= ttl="),
        ("owner", "gid-owner= socket-exists suppl-groups uid-owner= pid-owner= sid-owner= cmd-owner="),
        ("physdev", "physdev-in= physdev-is-bridged physdev-is-in physdev-is-out physdev-out="),
        ("pkttype", "pkt-type="),
        ("policy", "dir= mode= next pol= proto= reqid= spi= strict tunnel-dst= tunnel-src="),
        ("quota", "quota="),
        ("rateest", "rateest= rateest-bps rateest-bps1 rateest-bps2 rateest-delta rateest-eq rateest-gt rateest-lt rateest-pps "
            + "rateest-pps1 rateest-pps2 rateest1= rateest2="),
        ("realm", "realm="),
        ("recent", "hitcount= name= rcheck rdest reap remove rsource rttl seconds= set update mask="),
        ("rpfilter", "accept-local invert loose validmark"),
        ("rt", "rt-0-addrs= rt-0-not-strict rt-0-res rt-len= rt-segsleft= rt-type="),
        ("sctp", "chunk-types= destination-port= dport= source-port= sport="),
        ("set", "match-set= set= return-nomatch bytes-eq= bytes-gt= bytes-lt= packets-eq= packets-gt= packets-lt= update-counters "
            + "update-subcounters"),
        ("socket", "transparent nowildcard restore-skmark"),
        ("srh", "srh-hdr-len-eq= srh-hdr-len-gt= srh-hdr-len-lt= srh-last-entry-eq= srh-last-entry-gt= srh-last-entry-lt= srh-next-hdr= "
            + "srh-segs-left-eq= srh-segs-left-gt= srh-segs-left-lt= srh-tag= srh-lsid= srh-nsid= srh-psid="),
        ("state", "state="),
        ("statistic", "every= mode= packet= probability="),
        ("string", "algo= from= hex-string= icase string= to="),
        ("tcp", "destination-port= dport= source-port= sport= syn tcp-flags= tcp-option="),
        ("tcpmss", "mss="),
        ("time", "contiguous datestart= datestop= kerneltz localtz monthdays= timestart= timestop= utc weekdays="),
        ("tos", "tos="),
        ("ttl", "ttl= ttl-eq= ttl-gt= ttl-lt="),
        ("u32", "u32="),
        ("udp", "destination-port= dport= source-port= sport="),
        ("udplite", "destination-port= dport= source-port= sport="),
    ];

    /// <summary>The targets.</summary>
    public static IReadOnlyList<(string Name, string Options)> Targets =>
    [
        ("ACCEPT", ""),
        ("AUDIT", "type="),
        ("CHECKSUM", "checksum-fill"),
        ("CLASSIFY", "set-class="),
        ("CLUSTERIP", "clustermac= hash-init= hashmode= local-node= new total-nodes="),
        ("CONNMARK", "mask= restore-mark save-mark set-mark= and-mark= ctmask= nfmask= or-mark= set-xmark= xor-mark= left-shift-mark= "
            + "right-shift-mark="),
        ("CONNSECMARK", "restore save"),
        ("CT", "ctevents= expevents= helper= notrack zone= zone-orig= zone-reply= timeout="),
        ("DNAT", "persistent random to-destination= random-fully"),
        ("DNPT", "dst-pfx= src-pfx="),
        ("DROP", ""),
        ("DSCP", "set-dscp= set-dscp-class="),
        ("ECN", "ecn-ip-ect= ecn-tcp-cwr= ecn-tcp-ece= ecn-tcp-remove"),
        ("HL", "hl-dec= hl-inc= hl-set="),
        ("HMARK", "hmark-dport= hmark-dport-mask= hmark-dst-prefix= hmark-mod= hmark-offset= hmark-proto-mask= hmark-rnd= hmark-spi= "
            + "hmark-spi-mask= hmark-sport= hmark-sport-mask= hmark-src-prefix= hmark-tuple="),
        ("IDLETIMER", "label= timeout= alarm"),
        ("LED", "led-always-blink led-delay= led-trigger-id="),
        ("LOG", "log-ip-options log-level= log-macdecode log-prefix= log-tcp-options log-tcp-sequence log-uid"),
        ("MARK", "and-mark= or-mark= set-mark= set-xmark= xor-mark="),
        ("MASQUERADE", "random random-fully to-ports="),
        ("NETMAP", "to="),
        ("NFLOG", "nflog-group= nflog-prefix= nflog-range= nflog-size= nflog-threshold="),
        ("NFQUEUE", "queue-balance= queue-bypass queue-cpu-fanout queue-num="),
        ("NOTRACK", ""),
        ("QUEUE", ""),
        ("RATEEST", "rateest-ewmalog= rateest-interval= rateest-name="),
        ("REDIRECT", "random to-ports= random-fully persistent"),
        ("REJECT", "reject-with="),
        ("RETURN", ""),
        ("SECMARK", "selctx="),
        ("SET", "add-set= del-set= exist timeout= map-mark map-prio map-queue map-set="),
        ("SNAT", "persistent random random-fully to-source="),
        ("SNPT", "dst-pfx= src-pfx="),
        ("SYNPROXY", "ecn mss= sack-perm timestamp wscale="),
        ("TCPMSS", "clamp-mss-to-pmtu set-mss="),
        ("TCPOPTSTRIP", "strip-options="),
        ("TEE", "gateway= oif="),
        ("TOS", "and-tos= or-tos= set-tos= xor-tos="),
        ("TPROXY", "on-ip= on-port= tproxy-mark="),
        ("TRACE", ""),
        ("TTL", "ttl-dec= ttl-inc= ttl-set="),
        ("ULOG", "ulog-cprange= ulog-nlgroup= ulog-prefix= ulog-qthreshold="),
    ];

    /// <summary>The names of every match and target listed, and of all their options.</summary>
    public static IEnumerable<string> AllNames() =>
        Matches.Concat(Targets).SelectMany(e => e.Options.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(o => o.TrimEnd('=')).Prepend(e.Name));
}
