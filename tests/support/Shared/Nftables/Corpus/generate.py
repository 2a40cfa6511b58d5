#!/usr/bin/env python3
"""Makes the corpus of nftables rules: one file for each family, in this folder. Each line is one of

    set-up <TAB> a line of the table's block (set, map, counter ...)
    chain name: type and hook <TAB> a rule

Rules that nft or this kernel refuse go to corpus-refused.txt with the reason. Run it as root (it works in a namespace of its own):
    unshare -n python3 generate.py
"""
import itertools, os, re, subprocess, sys

HERE = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))

CHAINS = {
    "pre": "type filter hook prerouting priority 0; policy accept;", "in": "type filter hook input priority 0; policy accept;",
    "fwd": "type filter hook forward priority 0; policy accept;", "out": "type filter hook output priority 0; policy accept;",
    "post": "type filter hook postrouting priority 0; policy accept;", "dnat": "type nat hook prerouting priority -100; policy accept;",
    "snat": "type nat hook postrouting priority 100; policy accept;", "natout": "type nat hook output priority -100; policy accept;",
    "natin": "type nat hook input priority 100; policy accept;", "route": "type route hook output priority -150; policy accept;",
    "raw": "type filter hook prerouting priority -300; policy accept;", "mangle": "type filter hook prerouting priority -150; policy accept;",
    "ingress": "type filter hook ingress device \"lo\" priority 0; policy accept;",
    "egress": "type filter hook egress device \"lo\" priority 0; policy accept;",
}
CHAINS = {"c-" + c: t for c, t in CHAINS.items()}
OF = {
    "ip": ["pre", "in", "fwd", "out", "post", "dnat", "snat", "natout", "natin", "route", "raw", "mangle"],
    "ip6": ["pre", "in", "fwd", "out", "post", "dnat", "snat", "natout", "natin", "route", "raw", "mangle"],
    "inet": ["pre", "in", "fwd", "out", "post", "dnat", "snat", "natout", "natin", "raw", "mangle", "ingress"],
    "arp": ["in", "out"], "bridge": ["pre", "in", "fwd", "out", "post"], "netdev": ["ingress", "egress"],
}
OF = {f: ["c-" + c for c in cs] for f, cs in OF.items()}
lines = {f: [] for f in OF}


def rule(family, chain, text):
    # A block on one line ends its last statement with a semicolon.
    if chain == "set-up" and re.search(r"[^;}{] }$|policy = .*} }$", text) and "elements" not in text:
        text = text[:-2] + "; }"
    lines[family].append((chain if chain == "set-up" else "c-" + chain, text))


def number(key, a, b, c, few=False):
    """All operators over a key of numbers."""
    yield from (f"{key} {a}", f"{key} != {b}", f"{key} {{ {a}, {c} }}")
    if not few:
        yield from (f"{key} < {b}", f"{key} <= {b}", f"{key} > {a}", f"{key} >= {a}", f"{key} {a}-{b}", f"{key} != {a}-{b}",
                    f"{key} != {{ {a}, {b}, {c} }}", f"{key} {{ {a}-{b} }}", f"{key} != {{ {a}-{b}, {c} }}",
                    f"{key} vmap {{ {a} : accept, {b} : drop, {c} : jump other }}")


def word(key, a, b):
    """The operators over a key of names."""
    yield from (f"{key} {a}", f"{key} != {b}", f"{key} {{ {a}, {b} }}", f"{key} != {{ {a}, {b} }}", f"{key} vmap {{ {a} : accept, {b} : return }}")


def flags(key, a, b):
    """The operators over a key of bits."""
    yield from (f"{key} {a}", f"{key} != {a}", f"{key} {a},{b}", f"{key} ! {a}", f"{key} & {a} == {a}", f"{key} & ({a}|{b}) == {b}", f"{key} & {a} != 0",
                f"{key} {{ {a}, {b} }}")


ADDRESS = {"ip": ("10.0.0.1", "10.0.0.9", "192.168.0.0/16"), "ip6": ("fd00::1", "fd00::9", "2001:db8::/32")}


def address(key, family):
    a, b, net = ADDRESS[family]
    yield from (f"{key} {a}", f"{key} != {b}", f"{key} {net}", f"{key} != {net}", f"{key} {a}-{b}", f"{key} != {a}-{b}", f"{key} < {b}", f"{key} >= {a}",
                f"{key} {{ {a}, {b} }}", f"{key} != {{ {a}, {b} }}", f"{key} {{ {a}-{b}, {net} }}", f"{key} != {{ {net} }}",
                f"{key} vmap {{ {a} : accept, {net} : jump other }}")
    mask, value = ("0.0.0.255", "0.0.0.7") if family == "ip" else ("::ffff", "::7")
    yield from (f"{key} & {mask} == {value}", f"{key} & {mask} != {value}", f"{key} & {mask} < {value}")


ETHER = [*word("ether saddr", "00:0f:54:0c:11:04", "00:0f:54:0c:11:05"), *word("ether daddr", "ff:ff:ff:ff:ff:ff", "00:0f:54:0c:11:05"),
         "ether saddr & ff:ff:ff:00:00:00 == 00:0f:54:00:00:00", "ether saddr 00:0f:54:0c:11:00-00:0f:54:0c:11:ff", *word("ether type", "ip", "arp"),
         "ether type ip6", "ether type vlan", "ether type 8021ad", "ether type 0x88cc"]
VLAN = [*number("vlan id", 10, 20, 4094), *number("vlan pcp", 1, 3, 7, True), "vlan dei 0", "vlan dei 1", "vlan type ip", "vlan id 5 ip saddr 10.0.0.0/8", "vlan id 5 vlan pcp 3",
        "vlan id { 1, 2, 4, 100-200 }", "vlan id . ether saddr { 1 . 00:0f:54:0c:11:04, 2 . 00:0f:54:0c:11:05 }"]
ARP = [*number("arp htype", 1, 6, 22, True), *word("arp ptype", "ip", "0x86dd"), *number("arp hlen", 6, 8, 20), *number("arp plen", 4, 8, 16),
       *word("arp operation", "request", "reply"), "arp operation { request, reply, rrequest, rreply, inrequest, inreply, nak }", "arp operation 3-5",
       *address("arp saddr ip", "ip"), *address("arp daddr ip", "ip"), *word("arp saddr ether", "00:0f:54:0c:11:04", "00:0f:54:0c:11:05"),
       *word("arp daddr ether", "00:0f:54:0c:11:04", "00:0f:54:0c:11:05"), "arp htype 1 arp ptype ip arp operation request arp daddr ip 10.0.0.1"]
IP = [*number("ip version", 4, 5, 6, True), *number("ip hdrlength", 5, 8, 15), *word("ip dscp", "cs1", "af21"), "ip dscp 0x2e", "ip dscp { cs0, cs1, af11, ef }", "ip dscp != ef",
      "ip dscp 1-4", *word("ip ecn", "ect0", "ce"), "ip ecn not-ect", *number("ip length", 64, 1500, 9000), *number("ip id", 1, 22, 500), *number("ip frag-off", 0, 8, 33),
      "ip frag-off & 0x1fff != 0", "ip frag-off & 0x2000 != 0x0", *number("ip ttl", 1, 64, 255), *word("ip protocol", "tcp", "udp"),
      "ip protocol { icmp, esp, ah, comp, udp, udplite, tcp, dccp, sctp }", "ip protocol 6-17", *number("ip checksum", 13172, 22, 33), *address("ip saddr", "ip"),
      *address("ip daddr", "ip"), "ip saddr . ip daddr { 10.0.0.1 . 10.0.0.2, 10.0.0.3 . 10.0.0.4 }", "ip saddr . ip daddr . ip protocol { 10.0.0.1 . 10.0.0.2 . tcp }",
      "ip saddr . ip daddr { 10.0.0.0/8 . 10.1.0.1-10.1.0.9, 11.0.0.0/8 . 12.0.0.0/8 }", "ip option lsrr ptr 1", "ip option ra value 0", "ip option rr addr 1.2.3.4",
      "ip option ssrr length 1", "ip option rr exists", "ip option ra missing", "ip option lsrr type 1", "ip hdrlength 5 ip version 4", "ip saddr 10.0.0.1 ip daddr 10.0.0.2 drop"]
IP6 = [*number("ip6 version", 6, 7, 8, True), *word("ip6 dscp", "cs1", "af21"), "ip6 dscp { cs0, ef, af43 }", "ip6 dscp != 0x20", *word("ip6 ecn", "ect1", "ce"),
       *number("ip6 flowlabel", 22, 233, 500), *number("ip6 length", 22, 233, 500), *word("ip6 nexthdr", "tcp", "udp"),
       "ip6 nexthdr { icmpv6, esp, ah, comp, udp, udplite, tcp, dccp, sctp }", "ip6 nexthdr 33-44", *number("ip6 hoplimit", 1, 64, 255), *address("ip6 saddr", "ip6"),
       *address("ip6 daddr", "ip6"), "ip6 saddr ::/64", "ip6 saddr fe80::/10", "ip6 daddr ff00::/8", "ip6 saddr . ip6 daddr { fd00::1 . fd00::2, fd00::3 . fd00::4 }",
       "ip6 saddr . ip6 nexthdr { fd00::/64 . 6, fd01::1-fd01::9 . 17 }", "ip6 daddr != ::1", "ip6 saddr ::ffff:10.0.0.0/104"]
EXT = [*word("hbh nexthdr", "tcp", "udp"), *number("hbh hdrlength", 22, 33, 100), *word("rt nexthdr", "udp", "tcp"), *number("rt hdrlength", 22, 33, 100),
       *number("rt type", 22, 33, 44), *number("rt seg-left", 22, 33, 44), "rt0 addr[1] fd00::1", "rt0 addr[3] fd00::3", "rt2 addr fd00::2", "rt4 last-entry 1", "rt4 flags 1",
       "rt4 tag 5", "rt4 sid[1] fd00::5", *word("frag nexthdr", "tcp", "esp"), *number("frag reserved", 22, 33, 44), *number("frag frag-off", 22, 33, 44),
       "frag reserved2 1", "frag more-fragments 0", "frag more-fragments 1", *number("frag id", 1, 33, 44), *word("dst nexthdr", "tcp", "udp"), *number("dst hdrlength", 22, 33, 44),
       *word("mh nexthdr", "tcp", "udp"), *number("mh hdrlength", 22, 33, 44), *word("mh type", "binding-refresh-request", "home-test"), *number("mh reserved", 22, 33, 44, True),
       *number("mh checksum", 22, 33, 44, True)] + [f"exthdr {h} {s}" for h in ("hbh", "frag", "rt", "dst", "mh") for s in ("exists", "missing")]
ICMP = [*word("icmp type", "echo-request", "destination-unreachable"), "icmp type { echo-reply, source-quench, redirect, time-exceeded, parameter-problem, timestamp-request, address-mask-reply }",
        *number("icmp code", 1, 3, 13), "icmp code port-unreachable", "icmp code { prot-unreachable, frag-needed }", *number("icmp checksum", 12343, 22, 33, True),
        *number("icmp id", 1, 22, 333), *number("icmp sequence", 1, 22, 333), *number("icmp mtu", 33, 22, 1400), *number("icmp gateway", 33, 22, 44, True),
        "icmp type echo-request icmp id 5", "icmp type . icmp code { echo-request . 0, destination-unreachable . 4 }"]
IGMP = [*word("igmp type", "membership-query", "leave-group"), "igmp type { membership-report-v1, membership-report-v2, membership-report-v3 }", *number("igmp checksum", 1, 22, 3, True),
        *number("igmp mrt", 1, 22, 30), "igmp group 224.0.0.1", "igmp group 224.0.0.0/8"]
ICMP6 = [*word("icmpv6 type", "echo-request", "nd-neighbor-solicit"), "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem, mld-listener-query, mld-listener-report, "
         "mld-listener-done, nd-router-solicit, nd-router-advert, nd-neighbor-advert, nd-redirect, router-renumbering, ind-neighbor-solicit, ind-neighbor-advert, mld2-listener-report }",
         *number("icmpv6 code", 1, 3, 4), "icmpv6 code no-route", "icmpv6 code { no-route, admin-prohibited, port-unreachable }", *number("icmpv6 checksum", 222, 226, 333, True),
         *number("icmpv6 id", 33, 45, 67), *number("icmpv6 sequence", 2, 7, 9), *number("icmpv6 mtu", 22, 233, 1400), "icmpv6 parameter-problem 35", *number("icmpv6 max-delay", 33, 45, 66, True),
         "icmpv6 taddr fd00::1", "icmpv6 daddr fd00::1", "icmpv6 type nd-neighbor-solicit icmpv6 taddr fd00::/64"]
TCP = [*number("tcp dport", 22, 80, 443), *number("tcp sport", 1024, 2048, 65535), "tcp dport ssh", "tcp dport { ssh, http, https, 8000-8080 }", "tcp sport . tcp dport { 1 . 2, 3 . 4 }",
       "tcp dport . tcp sport { 1-5 . 80, 7 . 90-100 }", *number("tcp sequence", 0, 22, 333), *number("tcp ackseq", 42949672, 42949680, 42949690), *number("tcp doff", 5, 8, 15), *number("tcp reserved", 1, 3, 7, True),
       *flags("tcp flags", "syn", "ack"), "tcp flags syn / syn,ack", "tcp flags != syn / fin,syn,rst,ack", "tcp flags & (fin|syn|rst|psh|ack|urg|ecn|cwr) == syn|ack",
       "tcp flags & (fin|syn) == (fin|syn)", "tcp flags != cwr", "tcp flags { syn|ack, ack, fin|ack }", "tcp flags & (syn|ack) != (syn|ack)", "tcp flags vmap { syn : accept, fin : drop }",
       "tcp flags fin,rst / fin,syn,rst,psh,ack,urg", *number("tcp window", 22222, 33333, 44444), *number("tcp checksum", 22, 33, 44, True), *number("tcp urgptr", 1234, 2345, 3456),
       "tcp option maxseg size 1000", "tcp option maxseg size 500-1400", "tcp option maxseg size { 536, 1460 }", "tcp option maxseg exists", "tcp option maxseg missing",
       "tcp option window count 7", "tcp option window exists", "tcp option sack-perm exists", "tcp option sack-perm kind 4", "tcp option sack left 1", "tcp option sack0 left 1", "tcp option sack1 right 3",
       "tcp option sack2 left 5", "tcp option sack3 right 8", "tcp option timestamp tsval 1", "tcp option timestamp tsecr 5", "tcp option timestamp length 10", "tcp option eol exists",
       "tcp option nop exists", "tcp option maxseg kind 2", "tcp option maxseg length 4", "tcp option fastopen exists", "tcp option md5sig exists", "tcp option mptcp exists", "tcp option mptcp subtype 1",
       "tcp option 6 exists", "tcp option 254 length 4", "tcp option @255,8,8 255", "tcp dport 80 tcp flags syn", "tcp dport 22 ct state new tcp flags syn"]
UDP = [*number("udp dport", 53, 80, 443), *number("udp sport", 1024, 2048, 65535), *number("udp length", 6666, 7777, 8888), *number("udp checksum", 6666, 7777, 8888, True), "udp dport { 53, 67-69, 123 }",
       "udp dport . udp sport { 53 . 1024-65535 }", "udp dport domain"]
OTHER = [*number("udplite sport", 80, 90, 100, True), *number("udplite dport", 80, 90, 100, True), *number("udplite checksum", 80, 90, 100, True),
         *number("sctp sport", 23, 44, 50), *number("sctp dport", 23, 44, 50), *number("sctp checksum", 1111, 1222, 1300, True), *number("sctp vtag", 22, 33, 44),
         "sctp chunk data exists", "sctp chunk init missing", "sctp chunk init-ack num-inbound-streams 3", "sctp chunk sack a-rwnd 100", "sctp chunk data tsn 5", "sctp chunk data stream 2",
         "sctp chunk data ssn 4", "sctp chunk data ppid 8", "sctp chunk init init-tag 7", "sctp chunk heartbeat exists", "sctp chunk abort exists", "sctp chunk shutdown cum-tsn-ack 5",
         "sctp chunk ecne lowest-tsn 9", "sctp chunk asconf seqno 12345", "sctp chunk forward-tsn new-cum-tsn 5", "sctp chunk data flags 2",
         *number("dccp sport", 23, 44, 50), *number("dccp dport", 23, 44, 50), *word("dccp type", "request", "response"),
         "dccp type { request, response, data, ack, dataack, closereq, close, reset, sync, syncack }", "dccp option 0 exists", "dccp option 43 missing",
         *number("ah hdrlength", 11, 23, 33, True), *number("ah reserved", 22, 33, 44, True), *number("ah spi", 111, 222, 333), *number("ah sequence", 123, 200, 333, True), *word("ah nexthdr", "tcp", "udp"),
         *number("esp spi", 100, 222, 333), *number("esp sequence", 22, 33, 44), *number("comp cpi", 22, 33, 44), *number("comp flags", 1, 2, 3, True), *word("comp nexthdr", "esp", "udp"),
         *number("th dport", 53, 80, 443, True), *number("th sport", 53, 80, 443, True), "meta l4proto { tcp, udp } th dport 53", "meta l4proto { tcp, udp, sctp } th dport vmap { 53 : accept, 80 : drop }",
         "meta l4proto . th dport { tcp . 22, udp . 53 }", "meta l4proto . th dport vmap { tcp . 22 : accept, udp . 53 : jump other }"]
RAW = ["@ll,0,48 0x112233445566", "@ll,0,1 1", "@ll,0,8 & 0xf0 == 0x40", "@nh,8,16 0x14", "@nh,0,4 4", "@nh,64,8 { 1, 2 }", "@th,16,16 { 22, 23, 80 }", "@th,0,16 0-1023", "@th,160,32 0xdeadbeef",
       "@th,4,12 0x123", "@th,16,16 . @nh,96,32 { 22 . 10.0.0.1 }", "@nh,96,128 0x1", "@ih,0,32 0x47455420", "@ih,5,3 1", "@th,13,5 3", "@nh,72,8 != 6"]

META = [*number("meta length", 1000, 1500, 9000), *word("meta protocol", "ip", "arp"), "meta protocol { ip, ip6, vlan }", *number("meta mark", "0x4", "0x80", "0x4000"), "meta mark & 0x4000 == 0x4000",
        "meta mark & 0x4000 != 0x0", "meta mark and 0x03 == 0x01", "meta mark or 0x03 != 0x01", "meta mark xor 0x03 == 0x01", "meta mark != 0x10/0xf0", "meta mark >> 8 == 1", "meta mark << 4 & 0xff == 0x10",
        "meta mark & 0xff00 >> 8 == 5", *word("meta l4proto", "tcp", "udp"), "meta l4proto 22", "meta l4proto != 233", "meta l4proto 33-45", "meta l4proto { 33, 55, 67-88 }", "meta l4proto ipv6-icmp",
        *word("meta iif", '"lo"', '"lo"'), *word("meta iifname", '"eth0"', '"veth1"'), 'iifname "cali*"', 'iifname != "veth*"', 'iifname { "eth*", "lo" }', 'iifname . meta l4proto { "eth0" . tcp, "eth1" . udp }',
        *word("meta iiftype", "ether", "loopback"), "meta iiftype { ether, ppp, ipip, ipip6, loopback, sit, ipgre }", *number("meta cpu", 0, 3, 5), *word("meta pkttype", "host", "broadcast"),
        "meta pkttype { broadcast, multicast, unicast }", *number("meta iifgroup", 0, 5, 11), *number("meta random", 1, 100, 2147483648, True), "meta random <= 2147483647",
        "meta priority root", "meta priority none", "meta priority 0x87654321", "meta priority { bcad:dadc, aaaa:bbbb }", "meta priority != 1:1234", *number("meta rtclassid", 1, 20, 30, True), 'rtclassid cosmos',
        "meta iifkind \"veth\"", "meta iifkind { \"bridge\", \"veth\" }", "meta ipsec exists", "meta ipsec missing", "meta secpath exists", 'meta time "1970-05-23 21:07:14"', 'meta time < "2030-01-01 00:00:00"',
        'meta time "2020-01-01 00:00:00"-"2020-02-01 00:00:00"', 'meta day "Saturday"', 'meta day { "Monday", "Tuesday", "Friday" }', 'meta day != "Sunday"', 'meta hour "17:00"', 'meta hour "17:00"-"19:30"',
        'meta hour < "08:00"', "meta nftrace 1", 'meta sdif "lo"', 'meta sdifname "vrf0"', "meta sdifname != \"vrf0\"", *number("meta cgroup", 1048577, 1048578, 1048579, True)]
META_IP = [*word("meta nfproto", "ipv4", "ipv6")]
META_OUT = [*word("meta oif", '"lo"', '"lo"'), *word("meta oifname", '"eth0"', '"veth1"'), 'oifname "docker*"', *word("meta oiftype", "ether", "loopback"), *number("meta skuid", 0, 1000, 3001), "meta skuid root",
            'meta skuid { "root", 1000 }', *number("meta skgid", 0, 1000, 3001), *number("meta oifgroup", 0, 5, 11), 'meta oifkind "veth"', 'iif . oif { "lo" . "lo" }', 'oifname { "cni0", "docker0" }']
SET = ["meta mark set 0x4000", "meta mark set meta mark | 0x4000", "meta mark set meta mark & 0xffffbfff", "meta mark set meta mark ^ 0x4000", "meta mark set meta mark or 0x4000", "meta mark set meta mark << 4",
       "meta mark set meta mark >> 8", "meta mark set meta mark & 0xff00 | 0x5", "meta mark set 0xffffffc8 xor 0x16", "meta priority set 1:ffff", "meta priority set 0x87654321", "meta priority set cafe:beef", "meta nftrace set 1",
       "meta nftrace set 0", "meta pkttype set host", "meta pkttype set broadcast", "meta mark set numgen random mod 2", "meta mark set numgen inc mod 10 offset 100", "meta mark set symhash mod 2",
       "meta mark set symhash mod 16 offset 1", "meta mark set symhash mod 2 map { 0 : 100, 1 : 200 }", "meta mark set numgen inc mod 2 map { 0 : 1, 1 : 2 }", "meta mark set meta iifname map { \"eth0\" : 1, \"eth1\" : 2 }",
       "meta mark set meta cpu", "meta priority set meta mark", "meta mark set tcp dport map { 80 : 1, 443-444 : 2 }", "meta mark set iif map { \"lo\" : 0x10 }"]

CT = [*word("ct state", "new", "established"), "ct state new,established,related", "ct state invalid drop", "ct state { new, established }", "ct state != { related, untracked }", "ct state & new != 0", "ct state ! invalid",
      "ct state vmap { established : accept, related : accept, invalid : drop, new : jump other }", *word("ct direction", "original", "reply"), *flags("ct status", "expected", "assured"), "ct status dnat", "ct status snat",
      "ct status dnat,snat", "ct status seen-reply", "ct status & (dnat | snat) == 0", "ct status confirmed counter", *number("ct mark", 0, 32, 48), "ct mark & 0x23 == 0x11", "ct mark != 0x10/0xf0", "ct mark >> 16 == 1",
      *number("ct expiration", "30s", "1m", "33d"), "ct helper \"ftp\"", "ct helper != \"sip\"", "ct original protocol tcp", "ct reply protocol udp",
      *number("ct original proto-src", 22, 80, 443), *number("ct reply proto-dst", 22, 80, 443), "ct original proto-dst 80", "ct reply proto-src 53", *number("ct packets", 1, 10, 100), *number("ct bytes", 1, 100000, 200000),
      "ct original packets > 100", "ct reply bytes < 500", *number("ct avgpkt", 200, 500, 900), "ct original avgpkt < 500", *number("ct zone", 0, 5, 7), "ct original zone 8", "ct reply zone 9", *number("ct id", 1, 12345, 99999),
      "ct label 3", "ct label 127", "ct label != 5", "ct state . ct mark { new . 0x12345678, established . 0x11223344 }", "ct direction . ct mark { original . 1 }", "ct mark . ct state vmap { 1 . new : drop, 2 . established : accept }",
      "ct count 20", "ct count over 100 drop", "ct state new ct count over 5 drop"]
CT4 = ["ct original ip saddr 10.0.0.1", "ct reply ip daddr 10.0.0.0/8", "ct original ip daddr { 10.0.0.1, 10.0.0.2 }", "ct reply ip saddr != 10.0.0.1", "ct original ip saddr . ct original proto-src { 10.0.0.1 . 80 }",
       "ct original saddr 10.0.0.1", "ct l3proto ipv4", "ct original ip daddr vmap { 10.0.0.1 : accept }"]
CT6 = ["ct original ip6 saddr fd00::1", "ct reply ip6 daddr fd00::/8", "ct original ip6 daddr { fd00::1, fd00::2 }", "ct reply ip6 saddr != fd00::1", "ct l3proto ipv6"]
CTSET = ["ct mark set 0x11", "ct mark set meta mark", "ct mark set meta mark | 0x10", "ct mark set ct mark & 0xffff0000 | 0x12", "ct mark set ct mark ^ 0x1", "meta mark set ct mark", "meta mark set ct mark & 0xff",
         "ct mark set tcp dport map { 80 : 1, 443 : 2 }", "ct label set 5", "ct label set 127", "ct event set new,related,destroy", "ct event set mark", "ct mark set numgen random mod 3", "ct mark set symhash mod 4 offset 5",
         "ct helper set \"help-ftp\"", "ct timeout set \"slow\"", "ct expectation set \"expect\"", "ct event set label,new"]
RAWSET = ["notrack", "ct zone set 5", "ct original zone set 6", "ct reply zone set 7", "ct zone set meta mark", "ct zone set iif map { \"lo\" : 3 }", "udp dport 53 notrack", "iifname \"lo\" notrack", "tcp dport { 80, 443 } notrack"]

VERDICT = ["accept", "drop", "continue", "return", "jump other", "goto other", "counter accept", "counter", "counter packets 5 bytes 500 drop", "counter comment \"counted\"", "accept comment \"a comment with spaces\"",
           "jump { meta mark 1 accept; meta mark 2 drop; }", "goto { counter; drop; }", "counter name \"cnt\"", "quota name \"quo\"", "limit name \"lim\"", "counter name \"cnt\" accept"]
LOG = ["log", "log prefix \"dropped: \"", "log level emerg", "log level debug", "log level audit", "log level warn", "log prefix \"x \" level crit", "log group 2", "log group 2 snaplen 100", "log group 2 queue-threshold 20",
       "log prefix \"g \" group 5 snaplen 32 queue-threshold 10", "log flags tcp sequence", "log flags tcp options", "log flags tcp sequence,options", "log flags ip options", "log flags skuid", "log flags ether", "log flags all",
       "log prefix \"all \" level info flags all", "log level alert flags ip options flags skuid", "log prefix \"a\\$b\"", "log level notice counter drop", "log group 0", "log group 65535", "log level err", "log level info"]
LIMIT = [f"limit rate {o}{r}/{u}{b} accept" for o in ("", "over ") for r, u, b in ((400, "minute", ""), (20, "second", ""), (400, "hour", ""), (40, "day", ""), (400, "week", ""), (1023, "second", " burst 10 packets"),
         (10, "minute", " burst 1 packets"))] + \
        [f"limit rate {o}{r}/{u}{b}" for o in ("", "over ") for r, u, b in (("1 bytes", "second", ""), ("1023 kbytes", "second", ""), ("10 mbytes", "minute", ""), ("1025 bytes", "second", " burst 512 bytes"),
         ("1025 kbytes", "second", " burst 1023 kbytes"), ("10 mbytes", "second", " burst 1025 mbytes"), ("1 kbytes", "hour", ""))]
QUOTA = ["quota 1025 bytes", "quota 33 kbytes", "quota over 25 mbytes drop", "quota until 10 mbytes accept", "quota over 1 kbytes used 500 bytes", "quota 100 mbytes used 10 kbytes"]
REJECT4 = ["reject", "reject with icmp host-unreachable", "reject with icmp net-unreachable", "reject with icmp prot-unreachable", "reject with icmp port-unreachable", "reject with icmp net-prohibited",
           "reject with icmp host-prohibited", "reject with icmp admin-prohibited", "tcp dport 22 reject with tcp reset", "reject with icmp 9", "meta mark 1 reject with tcp reset"]
REJECT6 = ["reject", "reject with icmpv6 no-route", "reject with icmpv6 admin-prohibited", "reject with icmpv6 addr-unreachable", "reject with icmpv6 port-unreachable", "reject with icmpv6 policy-fail",
           "reject with icmpv6 reject-route", "tcp dport 22 reject with tcp reset"]
REJECTX = ["reject", "reject with icmpx host-unreachable", "reject with icmpx no-route", "reject with icmpx admin-prohibited", "reject with icmpx port-unreachable", "tcp dport 22 reject with tcp reset"]
REJECTINET = ["reject with icmp host-unreachable", "reject with icmpv6 no-route", "meta nfproto ipv4 reject with icmp port-unreachable", "meta nfproto ipv6 reject with icmpv6 addr-unreachable", "ip daddr 10.0.0.1 reject"]
FIB = [f"fib {' . '.join(k)} {r}" for k, r in itertools.product(
    [("saddr",), ("daddr",), ("saddr", "iif"), ("daddr", "iif"), ("saddr", "mark"), ("daddr", "mark"), ("saddr", "mark", "iif"), ("daddr", "mark", "iif")],
    ["type local", "type { local, broadcast, multicast }", "type != unicast", "oif exists", "oif missing", "oif \"lo\"", "oifname \"lo\"", "oifname { \"lo\", \"eth0\" }", "oif { \"lo\" }", "type vmap { blackhole : drop, prohibit : jump other, unreachable : drop }"])]
FIBOUT = ["fib daddr . oif type local", "fib daddr . oif oif exists", "fib saddr . oif type vmap { local : accept, unicast : return }", "fib daddr . mark . oif oifname \"lo\""]
RT = ["rt classid cosmos", "rt classid 5", "rt classid { 1, 2 }", "rt mtu 1400", "rt mtu > 1000", "rt ipsec exists", "rt ipsec missing"]
SOCKET = ["socket transparent 0", "socket transparent 1 meta mark set 1", "socket mark 5", "socket mark & 0xff == 1", "socket mark { 1, 2 }", "socket wildcard 1", "socket wildcard 0", "meta mark set socket mark",
          "socket cgroupv2 level 1 \"system.slice\""]
OSF = ["osf name \"Linux\"", "osf ttl loose name \"Linux\"", "osf ttl skip name \"Windows\"", "osf ttl skip version \"Linux:3.0\"", "osf name { \"Linux\", \"Windows\" }", "osf name != \"OpenBSD\""]
IPSEC = ["ipsec in reqid 1", "ipsec in spnum 1 reqid 2", "ipsec out reqid != 5", "ipsec in spi 7-561", "ipsec in ip daddr 192.168.0.1", "ipsec out ip saddr { 10.0.0.1, 10.0.0.0/24 }", "ipsec in ip6 daddr fd00::1", "ipsec out spnum 2 ip6 saddr fd00::/64"]
HASH4 = ["meta mark set jhash ip saddr mod 2", "meta mark set jhash ip saddr . ip daddr mod 16 seed 0xdeadbeef", "meta mark set jhash ip saddr . tcp dport mod 10 seed 0x5 offset 100", "meta mark set jhash ip saddr mod 2 seed 0xbeef map { 0 : 1, 1 : 2 }"]
HASH6 = ["meta mark set jhash ip6 saddr mod 2", "meta mark set jhash ip6 saddr . ip6 daddr mod 16 seed 0xdeadbeef", "meta mark set jhash ip6 saddr . tcp dport mod 10 seed 0x5 offset 100"]
NUMGEN = ["numgen random mod 3 vmap { 0 : accept, 1 : drop, 2 : jump other }", "numgen inc mod 2 0", "numgen inc mod 10 0-5 accept", "numgen random mod 100 < 50 accept", "numgen inc mod 2 offset 100 vmap { 100 : accept, 101 : drop }",
          "symhash mod 2 vmap { 0 : accept, 1 : drop }", "symhash mod 65535 < 100", "numgen random mod 10 offset 5 { 5, 6, 7 }"]
MANGLE4 = ["ip ttl set 64", "ip dscp set cs1", "ip dscp set af33", "ip ecn set ce", "ip id set 5", "ip saddr set 10.0.0.1", "ip daddr set 10.0.0.2", "ip checksum set 0",
           "ip length set 100", "ip frag-off set 0", "ip protocol set 17", "ip daddr set ip saddr map { 10.0.0.1 : 10.0.0.2, 10.0.1.0/24 : 10.0.0.3 }"]
MANGLE6 = ["ip6 hoplimit set 64", "ip6 dscp set cs1", "ip6 ecn set ect0", "ip6 flowlabel set 5", "ip6 saddr set fd00::1", "ip6 daddr set fd00::2", "ip6 nexthdr set 17"]
MANGLETH = ["tcp dport set 8080", "tcp sport set 1", "udp dport set 53", "udp checksum set 0", "tcp flags set syn", "tcp window set 100", "tcp urgptr set 0", "sctp dport set 5", "tcp option maxseg size set 1360",
            "tcp option maxseg size set rt mtu", "tcp flags syn tcp option maxseg size set 1200", "reset tcp option sack-perm", "reset tcp option timestamp", "reset tcp option 30", "udp length set 20", "tcp dport set tcp sport map { 1 : 2, 3 : 4 }",
            "tcp option window count set 3", "tcp checksum set 0", "icmp code set 1"]
MANGLELL = ["ether saddr set 00:0f:54:0c:11:04", "ether daddr set ff:ff:ff:ff:ff:ff", "@ll,0,16 set 5", "@nh,8,8 set 0x5", "@th,0,16 set 80", "vlan id set 5", "vlan pcp set 2", "ether daddr set ip daddr map { 10.0.0.1 : 00:0f:54:0c:11:04 }"]
NAT4 = ["dnat to 10.0.0.1", "dnat to 10.0.0.1-10.0.0.9", "tcp dport 80 dnat to 10.0.0.1:8080", "tcp dport 80 dnat to 10.0.0.1:8080-8090", "tcp dport 80-90 dnat to 10.0.0.1-10.0.0.9:100-200", "tcp dport 80 dnat to :8080", "dnat to 10.0.0.1 random",
        "dnat to 10.0.0.1 persistent", "dnat to 10.0.0.1 fully-random", "dnat to 10.0.0.1-10.0.0.9 random,persistent", "dnat to ip saddr map { 10.0.0.1 : 10.1.0.1, 10.0.0.2 : 10.1.0.2 }", "dnat to ip saddr map @a2a",
        "dnat ip to tcp dport map { 80 : 10.0.0.1 . 8080, 443 : 10.0.0.2 . 8443 }", "dnat ip to numgen random mod 3 map { 0 : 10.0.0.1 . 8080, 1 : 10.0.0.2 . 8080, 2 : 10.0.0.3 . 8080 }", "dnat to numgen inc mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }",
        "dnat to jhash ip saddr mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }", "dnat to symhash mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }", "dnat ip prefix to ip daddr map { 10.1.0.0/24 : 10.2.0.0/24 }", "dnat ip addr . port to ip daddr . tcp dport map @ap2ap",
        "dnat ip to ip daddr . tcp dport map { 10.0.0.1 . 80 : 10.1.0.1 . 8080 }", "dnat to 10.3.0.0/24", "dnat to ip daddr . meta l4proto . th dport map @ap3",
        "redirect", "redirect to :8080", "tcp dport 80 redirect to :8080", "tcp dport 80 redirect to :8080-8090", "udp dport 53 redirect to :53 random", "redirect fully-random", "redirect random,persistent", "tcp dport 80 redirect to :tcp dport map { 80 : 8080, 443 : 8443 }",
        "meta mark 5 redirect persistent"]
SNAT4 = ["snat to 10.0.0.1", "snat to 10.0.0.1-10.0.0.9", "tcp dport 80 snat to 10.0.0.1:1024-2048", "tcp dport 80 snat to 10.0.0.1:5000", "snat to 10.0.0.1 random", "snat to 10.0.0.1 persistent", "snat to 10.0.0.1 fully-random",
         "snat to 10.0.0.1-10.0.0.9 random,persistent", "snat to ip saddr map { 10.0.0.1 : 10.1.0.1 }", "snat ip prefix to ip saddr map { 10.1.0.0/24 : 10.2.0.0/24 }", "snat ip to ip saddr map { 10.1.1.0/24 : 10.0.0.1-10.0.0.9 }",
         "masquerade", "masquerade random", "masquerade fully-random", "masquerade persistent", "masquerade random,persistent", "masquerade random,persistent,fully-random", "tcp dport 80 masquerade to :1024", "tcp dport 80 masquerade to :1024-2048",
         "udp dport 53 masquerade to :1024-2048 random", "meta mark & 0x4000 != 0x0 masquerade fully-random", "oifname \"eth0\" masquerade", "ip saddr 10.0.0.0/8 ip daddr != 10.0.0.0/8 masquerade", "ct status dnat masquerade", "snat to numgen random mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }"]
six = lambda t: re.sub(r"\bip saddr", "ip6 saddr", re.sub(r"\bip daddr", "ip6 daddr", re.sub(r"(10\.(\d)\.(\d)\.(\d+))(/24)?", lambda m: f"fd{m[2]}{m[3]}::{m[4]}" + ("/112" if m[5] else ""), re.sub(
    r"10\.0\.0\.1:", "[fd00::1]:", re.sub(r"10\.0\.0\.1-10\.0\.0\.9:", "[fd00::1]-[fd00::9]:", re.sub(r"10\.0\.0\.0/8", "fd00::/8", t))))).replace("nat ip ", "nat ip6 "))
NAT6 = [six(t) for t in NAT4 if "prefix" not in t]
SNAT6 = [six(t) for t in SNAT4 if "prefix" not in t] + ["snat ip6 prefix to ip6 saddr map { fd01::/64 : fd02::/64 }"]
inet = lambda family, t: re.sub(r"\b([ds]nat) (to|ip6? )", lambda m: f"{m[1]} {family} {m[2] if m[2] == 'to' else ''}", t)
DUP4 = ["dup to 10.0.0.1", "dup to 10.0.0.1 device \"lo\"", "dup to ip saddr map { 10.0.0.1 : 10.0.0.2 }", "dup to ip saddr map { 10.0.0.1 : 10.0.0.2 } device \"lo\""]
TPROXY4 = ["tcp dport 80 tproxy to :8080", "udp dport 53 tproxy to 127.0.0.1:53", "tcp dport 80 tproxy to 127.0.0.1 accept", "meta l4proto 6 tproxy to :50080 meta mark set 1 accept"]
QUEUE = ["queue", "queue num 2", "queue num 65535", "queue num 2 bypass", "queue num 1-5 fanout", "queue num 1-5 bypass,fanout", "queue flags bypass to 3", "queue to numgen inc mod 4", "queue to jhash oif . meta mark mod 4"]
SYNPROXY = ["tcp dport 80 synproxy mss 1460 wscale 7", "tcp dport 80 synproxy mss 1460 wscale 5 timestamp sack-perm", "tcp dport 80 synproxy timestamp sack-perm", "tcp dport 80 synproxy", "tcp dport 80 synproxy name \"syn\"", "tcp dport 80 synproxy mss 536"]
SETS4 = ["ip saddr @a4", "ip saddr != @a4", "ip saddr @i4 drop", "ip daddr @t4 accept", "ip saddr . tcp dport @c4", "ip saddr . tcp dport @ci4 drop", "ip saddr . tcp dport != @ci4", "ip saddr vmap @v4", "ip saddr . tcp dport vmap @cv4", "ip saddr . tcp dport vmap @civ4",
         "add @dyn4 { ip saddr }", "update @dyn4 { ip saddr timeout 30s }", "delete @dyn4 { ip saddr }", "add @dyn4 { ip saddr counter }", "update @dyn4 { ip saddr limit rate 10/second }", "add @dyn4 { ip saddr limit rate over 5/minute burst 10 packets } drop",
         "add @dyn4 { ip saddr ct count over 10 } drop", "add @dync4 { ip saddr . tcp dport }", "update @dync4 { ip saddr . tcp dport timeout 1h }", "update @dync4 { ip saddr . tcp dport counter limit rate 5/second }", "add @dynm4 { ip saddr : 5 }",
         "update @dynm4 { ip saddr : meta mark }", "update @dynm4 { ip saddr timeout 10s : 7 }", "meta mark set ip saddr map @m4", "meta mark set ip saddr map @dynm4", "counter name ip saddr map @o4", "ip saddr @i4 ip daddr @a4 tcp dport @p counter accept",
         "ip saddr @e4 counter", "ip saddr { 10.0.0.1, 10.0.0.5-10.0.0.7, 10.1.0.0/16 } accept", "ip saddr vmap { 10.0.0.1 : accept, * : drop }", "ip saddr @all4",
         "ip saddr . meta mark @tm4", "limit name tcp dport map { 80 : \"lim\" }", "quota name ip saddr map { 10.0.0.1 : \"quo\" }", "counter name tcp dport map { 80 : \"cnt\", 443 : \"cnt\" }", "ct helper set tcp dport map { 21 : \"help-ftp\" }",
         "ip saddr . ip daddr . tcp dport vmap { 10.0.0.1 . 10.0.0.2 . 22 : accept, 10.0.0.3 . 10.0.0.4 . 80-90 : drop }", "meta mark set ip saddr . tcp dport map { 10.0.0.1 . 80 : 1, 10.0.0.2 . 443 : 2 }",
         "meta mark set ip saddr map { 10.0.0.0/24 : 1, 10.0.1.1-10.0.1.5 : 2, * : 3 }", "ip saddr . iifname @ifc4", "iifname @names drop", "ct state . ip saddr { new . 10.0.0.1 }", "ip daddr . ct mark vmap { 10.0.0.1 . 5 : accept }"]
SETS6 = [t.replace("@a4", "@a6").replace("4 {", "6 {").replace("@m4", "@m6") for t in map(six, SETS4)]
SETS6 = [re.sub(r"@(i|t|c|ci|v|cv|civ|dyn|dync|dynm|m|o|e|all|tm|ifc)4", r"@\g<1>6", t) for t in SETS6]
PORTS = ["tcp dport @p", "tcp dport != @p", "udp dport @pi drop", "tcp dport vmap @pv", "meta mark set tcp dport map @pm", "meta l4proto . th dport @proto", "meta l4proto . th dport vmap @protov", "meta mark @marks", "iifname @names", "ether saddr @macs",
         "meta mark set meta mark map { 1 : 2, 3 : 4 }", "add @dynp { tcp dport }", "update @dynp { tcp dport timeout 5m }", "meta mark . tcp dport { 1 . 80, 2 . 443 }"]

COMMON_SETUP = ["counter cnt { packets 1 bytes 100 }", "quota quo { over 10 mbytes }", "limit lim { rate 400/minute }", "limit limb { rate over 1 mbytes/second burst 9000 bytes; comment \"of bytes\"; }",
                "quota quoc { 5 mbytes used 1 mbytes; comment \"a quota\"; }", "counter cntc { comment \"a counter\" }",
                "set p { type inet_service; elements = { 22, 80, 443 } }", "set pi { type inet_service; flags interval; elements = { 53, 1000-2000, 60000-65535 } }", "map pv { type inet_service : verdict; elements = { 22 : accept, 80 : drop, 443 : jump other } }",
                "map pm { type inet_service : mark; elements = { 22 : 0x1, 80 : 0x2 } }", "set proto { type inet_proto . inet_service; elements = { tcp . 22, udp . 53 } }",
                "map protov { type inet_proto . inet_service : verdict; flags interval; elements = { tcp . 22-23 : accept, udp . 53 : jump other } }", "set marks { type mark; elements = { 0x1, 0x2, 0x4000 } }",
                "set names { type ifname; elements = { \"eth0\", \"lo\" } }", "set macs { type ether_addr; elements = { 00:0f:54:0c:11:04 } }", "set dynp { type inet_service; size 1024; flags dynamic,timeout; timeout 5m }",
                "set empty { type inet_service; comment \"without elements\" }", "set auto { type inet_service; flags interval; auto-merge; elements = { 1-5, 6-9 } }", "set gc { type inet_service; flags timeout; timeout 1d; gc-interval 1h; policy memory; size 100 }",
                "set sizes { type inet_service; size 65535; elements = { 1, 2 } }", "set perport { typeof tcp dport; flags dynamic; size 100 }"]
A4SETUP = ["set a4 { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2, 192.168.1.1 } }", "set i4 { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.0.5-192.168.0.9, 1.1.1.1 } }",
           "set t4 { type ipv4_addr; flags timeout; timeout 1h; elements = { 10.0.0.1, 10.0.0.2 timeout 30m comment \"short\" } }", "set c4 { type ipv4_addr . inet_service; elements = { 10.0.0.1 . 80, 10.0.0.2 . 443 } }",
           "set ci4 { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/8 . 80-90, 10.1.0.1-10.1.0.9 . 443, 1.2.3.4 . 5 } }", "map v4 { type ipv4_addr : verdict; elements = { 10.0.0.1 : accept, 10.0.0.2 : jump other, 10.0.0.3 : return } }",
           "map cv4 { type ipv4_addr . inet_service : verdict; elements = { 10.0.0.1 . 80 : accept, 10.0.0.2 . 443 comment \"ns/name\" : goto other } }",
           "map civ4 { type ipv4_addr . inet_service : verdict; flags interval; elements = { 10.0.0.0/8 . 80-90 : accept, 11.0.0.0/24 . 1 : drop } }", "set dyn4 { type ipv4_addr; size 65535; flags dynamic,timeout; timeout 1m }",
           "set dync4 { type ipv4_addr . inet_service; size 65535; flags dynamic,timeout }", "map dynm4 { type ipv4_addr : mark; size 65535; flags dynamic,timeout }", "map m4 { type ipv4_addr : mark; elements = { 10.0.0.1 : 0x1, 10.0.0.2 : 0x2 } }",
           "map o4 { type ipv4_addr : counter; elements = { 10.0.0.1 : \"cnt\" } }", "set e4 { type ipv4_addr; counter; elements = { 10.0.0.1 counter packets 5 bytes 6, 10.0.0.2 } }", "set all4 { type ipv4_addr; flags interval; counter; elements = { * counter packets 1 bytes 2, 10.0.0.0/8 } }",
           "map a2a { type ipv4_addr : ipv4_addr; elements = { 10.0.0.1 : 10.1.0.1 } }", "map ap2ap { type ipv4_addr . inet_service : ipv4_addr . inet_service; elements = { 10.0.0.1 . 80 : 10.1.0.1 . 8080 } }",
           "map ap3 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; elements = { 10.0.0.1 . tcp . 80 : 10.1.0.1 . 8080 } }", "set tm4 { typeof ip saddr . meta mark; elements = { 10.0.0.1 . 0x5 } }",
           "set ifc4 { type ipv4_addr . ifname; flags interval; elements = { 10.0.0.0/8 . \"eth0\" } }", "set tos4 { typeof ip dscp; elements = { cs1 } }", "map tv4 { typeof ip saddr . ip daddr : meta mark; elements = { 1.1.1.1 . 2.2.2.2 : 0x5 } }",
           "map iv4 { type ipv4_addr : ipv4_addr; flags interval; elements = { 10.0.0.0/24 : 10.1.0.1, 10.0.1.0/24 : 10.1.0.2 } }", "map lims { type ipv4_addr : limit; elements = { 1.1.1.1 : \"lim\" } }", "map quos { type ipv4_addr : quota; elements = { 1.1.1.1 : \"quo\" } }"]
A6SETUP = [re.sub(r"\b(set|map) (\w+)4 ", r"\1 \g<2>6 ", six(t)).replace("ipv4_addr", "ipv6_addr").replace("10.1.0.9", "fd10::9") for t in A4SETUP if "192.168" not in t and not t.startswith(("map civ4", "map a2a", "map ap", "map lims", "map quos", "set tos4", "map tv4", "set all4", "set ci4"))] + [
    "set i6 { type ipv6_addr; flags interval; elements = { fd00::/8, 2001:db8::5-2001:db8::9, ::1 } }", "set a6 { type ipv6_addr; elements = { fd00::1, fd00::2 } }", "set t6 { type ipv6_addr; flags timeout; timeout 1h; elements = { fd00::1 } }",
    "set all6 { type ipv6_addr; flags interval; counter; elements = { *, fd00::/8 } }", "set ci6 { type ipv6_addr . inet_service; flags interval; elements = { fd00::/64 . 80-90, fd01::1-fd01::9 . 443 } }", "map a2a { type ipv6_addr : ipv6_addr; elements = { fd00::1 : fd01::1 } }",
    "map ap2ap { type ipv6_addr . inet_service : ipv6_addr . inet_service; elements = { fd00::1 . 80 : fd01::1 . 8080 } }", "map ap3 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; elements = { fd00::1 . tcp . 80 : fd01::1 . 8080 } }"]
CTSETUP = ["ct helper help-ftp { type \"ftp\" protocol tcp; }", "ct timeout slow { protocol tcp; policy = { established : 120, close : 20 } }", "ct expectation expect { protocol tcp; dport 9876; timeout 2m; size 12; }",
           "ct timeout slowudp { protocol udp; policy = { unreplied : 15, replied : 12 } }", "synproxy syn { mss 1460; wscale 7; timestamp sack-perm; }", "secmark sec { \"system_u:object_r:ssh_server_packet_t:s0\" }"]
FLOW = ["flowtable ft { hook ingress priority 0; devices = { lo }; }", "flowtable ftc { hook ingress priority filter + 5; devices = { lo }; counter; }"]


def spread(family, chains, texts):
    """Gives rules to several chains in turn."""
    for n, text in enumerate(texts):
        rule(family, chains[n % len(chains)], text)


def build():
    for f, a, setup in (("ip", "ip", A4SETUP), ("ip6", "ip6", A6SETUP), ("inet", "ip", A4SETUP + [t for t in A6SETUP if not t.startswith(("map a2a", "map ap"))])):
        for t in COMMON_SETUP + setup + CTSETUP + FLOW:
            rule(f, "set-up", t)
    for f in ("arp", "bridge", "netdev"):
        for t in COMMON_SETUP + ([] if f == "arp" else A4SETUP):
            rule(f, "set-up", t)
    spread("ip", ["in", "fwd", "pre"], IP + ICMP + IGMP + TCP + UDP + OTHER + RAW + META + META_IP + CT + CT4 + SETS4 + PORTS + ETHER[:6] + NUMGEN + VERDICT + LOG + LIMIT + QUOTA)
    spread("ip6", ["in", "fwd", "pre"], IP6 + EXT + ICMP6 + TCP[::3] + UDP[::2] + OTHER[::3] + META[::3] + META_IP + CT[::3] + CT6 + SETS6 + PORTS + NUMGEN + VERDICT + LOG[::4] + LIMIT[::4] + QUOTA[:2])
    spread("inet", ["in", "fwd", "pre"], IP[::2] + IP6[::2] + EXT[::4] + ICMP[::2] + ICMP6[::2] + IGMP[::2] + TCP[1::2] + UDP[1::2] + OTHER[1::2] + RAW + META[1::2] + META_IP + CT[1::2] + CT4 + CT6 + SETS4 + SETS6 + PORTS + NUMGEN + VERDICT + LOG[::3] +
           LIMIT[::3] + QUOTA[2:] + ["ip saddr 10.0.0.1 tcp dport 22 accept", "ip6 saddr fd00::1 udp dport 53 drop", "meta nfproto ipv4 ip saddr 10.0.0.0/8", "meta protocol ip6 tcp dport 80", "ether saddr 00:0f:54:0c:11:04 ip saddr 10.0.0.1"])
    for f, chains in (("ip", ["out", "post"]), ("ip6", ["out", "post"]), ("inet", ["out", "post"])):
        spread(f, chains, META_OUT + FIBOUT[:2] + RT + OSF[:0])
        spread(f, ["pre"], FIB if f != "ip6" else FIB[::2])
        spread(f, ["post", "out"], FIBOUT)
        spread(f, ["in"], SOCKET + OSF + IPSEC[:4] + SYNPROXY)
        spread(f, ["mangle"], SET + CTSET + MANGLETH)
        spread(f, ["raw"], RAWSET)
        spread(f, ["fwd"], ["flow add @ft", "ct state established flow add @ft", "meta l4proto { tcp, udp } flow offload @ft"] + QUEUE)
        spread(f, ["route"] if f != "inet" else ["out"], ["meta mark set 1", "tcp dport 80 meta mark set 0x10"])
    for f in ("ip", "inet"):
        spread(f, ["mangle"], HASH4 + MANGLE4)
        spread(f, ["in", "out", "fwd"], REJECT4 if f == "ip" else REJECTX + REJECTINET)
        spread(f, ["dnat", "natout"], NAT4 if f == "ip" else [inet("ip", t) for t in NAT4])
        spread(f, ["snat"], SNAT4 if f == "ip" else [inet("ip", t) for t in SNAT4])
        spread(f, ["natin"], ["snat to 10.0.0.1" if f == "ip" else "snat ip to 10.0.0.1"])
        spread(f, ["pre"], (DUP4 if f == "ip" else []) + (TPROXY4 if f == "ip" else [t.replace("tproxy to 1", "tproxy ip to 1").replace("tproxy to :", "tproxy ip to :") for t in TPROXY4] + ["tcp dport 80 tproxy to :8080", "tcp dport 80 tproxy ip6 to [::1]:8080"]))
        spread(f, ["in"], IPSEC[4:6])
        spread(f, ["out"], ["rt nexthop 192.168.0.1", "rt nexthop { 192.168.0.1, 192.168.0.2 }"] if f == "ip" else ["rt ip nexthop 192.168.0.1", "rt ip6 nexthop fd00::1"])
    for f in ("ip6", "inet"):
        spread(f, ["mangle"], HASH6 + MANGLE6)
        if f == "ip6":
            spread(f, ["in", "out", "fwd"], REJECT6)
        spread(f, ["dnat", "natout"], NAT6 if f == "ip6" else [inet("ip6", t) for t in NAT6])
        spread(f, ["snat"], SNAT6 if f == "ip6" else [inet("ip6", t) for t in SNAT6])
        if f == "ip6":
            spread(f, ["pre"], ["dup to fd00::1", "dup to fd00::1 device \"lo\"", "tcp dport 80 tproxy to [::1]:8080", "udp dport 53 tproxy to :53", "tcp dport 80 tproxy to [::1] accept"])
            spread(f, ["out"], ["rt nexthop fd00::1"])
        spread(f, ["in"], IPSEC[6:])
    spread("arp", ["in", "out"], ARP + META[:30] + VERDICT + LOG[:4] + LIMIT[:8] + QUOTA[:2] + ["meta mark set 5", "meta priority set 1:2", "arp operation request limit rate 1/second accept"] + ETHER[:8] + RAW[:6] + ["ether saddr @macs", "meta mark @marks", 'iifname @names'])
    spread("bridge", ["pre", "fwd", "in"], ETHER + VLAN + IP[::3] + IP6[::3] + ARP[::3] + ICMP[::4] + ICMP6[::4] + TCP[::4] + UDP[::3] + RAW + META[::2] + VERDICT + LOG[::4] + LIMIT[::4] + QUOTA[:2] + SETS4[:20] + PORTS + NUMGEN + SET + MANGLELL + CT[::5] +
           ["meta ibrname \"br0\"", "meta obrname \"br0\"", "meta ibrpvid 5", "meta ibrvproto 8021q", "meta broute set 1", "ether type ip ip saddr 10.0.0.1 tcp dport 80 drop", "ether type vlan vlan id 10", "vlan id 10 ip protocol tcp"])
    spread("bridge", ["out", "post"], META_OUT[:12])
    spread("bridge", ["in", "pre"], REJECTX + REJECTINET)
    spread("netdev", ["ingress"], ETHER + VLAN + IP[1::3] + IP6[1::3] + ARP[1::3] + ICMP[1::4] + ICMP6[1::4] + IGMP[::3] + TCP[1::4] + UDP[1::3] + OTHER[::6] + RAW + META[::2] + VERDICT + LOG[1::4] + LIMIT[1::4] + QUOTA[2:4] + SETS4[:20] + PORTS + NUMGEN + SET + MANGLELL +
           MANGLE4[:6] + MANGLETH[:6] + ["dup to \"lo\"", "fwd to \"lo\"", "fwd ip to 10.0.0.1 device \"lo\"", "fwd ip6 to fd00::1 device \"lo\"", "fwd to iif", "dup to iif map { \"lo\" : \"lo\" }", "fwd to meta mark map { 1 : \"lo\" }", "reject", "reject with icmpx port-unreachable",
           "tcp dport 80 reject with tcp reset", "reject with icmp host-unreachable", "fib daddr type local", "fib saddr . iif oif exists", "ip saddr . tcp dport vmap { 10.0.0.1 . 80 : drop }", "meta protocol ip ip saddr 10.0.0.1 drop"])
    spread("netdev", ["egress"], META_OUT[:12] + IP[2::6] + TCP[2::8] + SET[::3] + VERDICT[:8] + ["dup to \"lo\"", "fwd to \"lo\"", "meta oifname \"lo\""])


def load(family, wanted, reasons):
    """Loads lines that nft and the kernel take; adds the reasons of the others."""
    # What the kernel refuses in one batch it may take alone: such lines are tried once more, one by one.
    alone = set()
    while True:
        text, numbers = [], {}
        for number, (chain, line) in enumerate(wanted):
            if number not in reasons:
                numbers[len(text) + 2] = number
                verb, _, rest = line.partition(" ")
                if chain == "set-up" and verb in ("ct",):
                    kind, _, rest = rest.partition(" ")
                    verb += " " + kind
                text.append(f"add {verb} {family} corpus {rest}" if chain == "set-up" else f"add rule {family} corpus {chain} {line}")
        chains = [f"add table {family} corpus", f"add chain {family} corpus other"] + [f"add chain {family} corpus {c} {{ {CHAINS[c]} }}" for c in OF[family]]
        lead = "; ".join(chains)
        subprocess.run(["nft", "delete", "table", family, "corpus"], capture_output=True)
        p = subprocess.run(["nft", "-f", "-"], input=lead + "\n" + "\n".join(text) + "\n", capture_output=True, text=True)
        if p.returncode < 0:
            # nft itself crashes: the line that does it, found by halves.
            low, high = 0, len(text)
            while high - low > 1:
                middle = (low + high) // 2
                setups = [t for n, t in enumerate(text) if wanted[numbers[n + 2]][0] == "set-up" and n < low]
                q = subprocess.run(["nft", "-c", "-f", "-"], input=lead + "\n" + "\n".join(setups + text[low:middle]) + "\n", capture_output=True, text=True)
                low, high = (low, middle) if q.returncode < 0 else (middle, high)
            reasons[numbers[low + 2]] = f"nft crashes (signal {-p.returncode})"
            continue
        found = re.findall(r"(?m)^(?:/dev/stdin|-|<cmdline>):(\d+):\d+-\d+: Error: (.*)", p.stderr)
        if p.returncode == 0:
            return reasons
        before, known = len(reasons), len(alone)
        for at, reason in found:
            number = numbers.get(int(at))
            if number is None or number in reasons:
                continue
            if "Could not process" in reason:
                if number not in alone:
                    alone.add(number)
                    setups = [t for n, t in enumerate(text) if wanted[numbers[n + 2]][0] == "set-up" and numbers[n + 2] not in alone]
                    mine = [text[int(at) - 2]]
                    q = subprocess.run(["nft", "-c", "-f", "-"], input="\n".join([lead] + setups + mine) + "\n", capture_output=True, text=True)
                    if q.returncode == 0:
                        continue
                    reason = (re.findall(r"(?m)Error: (.*)", q.stderr) or [reason])[-1]
            reasons[number] = reason.strip()
        if len(reasons) == before and not (tried := len(alone) - known):
            sys.exit(f"{family}: {p.returncode} {p.stderr[:500]}")


def main():
    build()
    refused = []
    for family in OF:
        wanted = list(dict.fromkeys(lines[family]))
        wanted.sort(key=lambda line: line[0] != "set-up")
        reasons = load(family, [line for line in wanted if line[0] == "set-up"], {})
        reasons = load(family, wanted, reasons)
        refused += [(family, *wanted[n], reason) for n, reason in sorted(reasons.items())]
        kept = [line for n, line in enumerate(wanted) if n not in reasons]
        with open(f"{HERE}/corpus-{family}.txt", "w") as out:
            out.write(f"# Rules of the family {family}; see generate.py. A line: chain, set-up or the name of a chain; a tab; the text.\n")
            out.writelines(f"chain\t{c} {{ {CHAINS[c]} }}\n" for c in OF[family])
            out.writelines(f"{c}\t{t}\n" for c, t in kept)
        print(family, sum(c != "set-up" for c, _ in kept), "rules", sum(c == "set-up" for c, _ in kept), "set-ups")
    with open(f"{HERE}/corpus-refused.txt", "w") as out:
        out.write("# What nft 1.0.6, or Linux 6.18 without some modules, refuses: family, chain, text, reason, with tabs between.\n")
        out.writelines("\t".join(r) + "\n" for r in refused)
    print(len(refused), "refused")


main()
