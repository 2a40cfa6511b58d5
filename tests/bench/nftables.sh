#!/usr/bin/env bash
# Reads nf_tables into the model by netlink, against `nft list ruleset` and `nft -j list ruleset` in the same rounds: kube-proxy's rules in two
# layouts, and a set of a million addresses against `nft list set`. Usage: sudo bash tests/bench/nftables.sh [services] [rounds]
set -euo pipefail
services=${1:-10000}
export NFT_BENCH_ROUNDS=${2:-3}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
command -v nft > /dev/null || { echo "nft is not installed" >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo "network namespaces need root" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build "$root/tests/Kernel.Tests" -c Release -v quiet -clp:NoSummary

# Writes a ruleset of kube-proxy: layout (1.35 or 1.36), number of Services with three endpoints each.
generate() {
  awk -v layout=$1 -v n=$2 '
  function ip(a, i) { return a "." int(i / 65536) % 256 "." int(i / 256) % 256 "." i % 256 }
  function vip(i) { return "10." (96 + int(i / 65536)) "." int(i / 256) % 256 "." i % 256 }
  function svc(i) { return sprintf("service-%08d-ns/svc-%d/tcp/http", i * 7919 % 99999989, i) }
  function ep(i, j) { return sprintf("endpoint-%08d-ns/svc-%d/tcp/http__%s/8080", (i * 3 + j) * 104729 % 99999989, i, ip("10", 16777216 + i * 3 + j)) }
  function epip(i, j) { k = i * 3 + j; return "172." (16 + int(k / 65536) % 16) "." int(k / 256) % 256 "." k % 256 }
  BEGIN {
    print "table ip kube-proxy {"
    print "  comment \"rules for kube-proxy\""
    printf "  set cluster-ips { type ipv4_addr; elements = {"; for (i = 1; i <= n; i++) printf "%s %s", (i > 1 ? "," : ""), vip(i); print " } }"
    print "  set nodeport-ips { type ipv4_addr; elements = { 192.168.0.1 } }"
    print "  map no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict; }"
    print "  map firewall-ips { type ipv4_addr . inet_proto . inet_service : verdict; }"
    print "  map service-nodeports { type inet_proto . inet_service : verdict; }"
    if (layout == "1.36") { printf "  set hairpin-connections { type ipv4_addr . ipv4_addr . inet_proto . inet_service; elements = {"; for (i = 1; i <= n; i++) for (j = 0; j < 3; j++) printf "%s %s . %s . tcp . 8080", (i + j > 1 ? "," : ""), epip(i, j), epip(i, j); print " } }" }
    else { print "  chain mark-for-masquerade { meta mark set meta mark | 0x4000; }" }
    print "  chain reject-chain { reject; }"
    for (i = 1; i <= n; i++) {
      if (layout == "1.36") printf "  chain %s { meta l4proto tcp dnat ip to numgen random mod 3 map { 0 : %s . 8080, 1 : %s . 8080, 2 : %s . 8080 }; }\n", svc(i), epip(i, 0), epip(i, 1), epip(i, 2)
      else {
        for (j = 0; j < 3; j++) printf "  chain %s { ip saddr %s jump mark-for-masquerade; meta l4proto tcp dnat to %s:8080; }\n", ep(i, j), epip(i, j), epip(i, j)
        printf "  chain %s { ip daddr %s tcp dport 80 ip saddr != 10.244.0.0/16 jump mark-for-masquerade; numgen random mod 3 vmap { 0 : goto %s, 1 : goto %s, 2 : goto %s }; }\n", svc(i), vip(i), ep(i, 0), ep(i, 1), ep(i, 2)
      }
    }
    printf "  map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; elements = {"; for (i = 1; i <= n; i++) printf "%s %s . tcp . 80 : goto %s", (i > 1 ? "," : ""), vip(i), svc(i); print " } }"
    print "  chain services { "
    if (layout == "1.36") print "    ip daddr @cluster-ips ip saddr != 10.244.0.0/16 meta mark set meta mark | 0x00004000"
    print "    ip daddr . meta l4proto . th dport vmap @service-ips"
    print "    ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports\n  }"
    print "  chain masquerading {\n    meta mark & 0x00004000 != 0 meta mark set meta mark ^ 0x00004000 masquerade fully-random"
    if (layout == "1.36") print "    ct status dnat ip saddr . ip daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random"
    print "  }"
    print "  chain filter-forward { type filter hook forward priority 0; policy accept; ct state new ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }"
    print "  chain nat-prerouting { type nat hook prerouting priority -100; policy accept; jump services; }"
    print "  chain nat-output { type nat hook output priority -100; policy accept; jump services; }"
    print "  chain nat-postrouting { type nat hook postrouting priority 100; policy accept; jump masquerading; }"
    print "}"
  }'
}

# A file of rules, and the set that is read; all without one.
measure() {
  NFT_BENCH_SET=${2:-} NFT_BENCH_RESULT=$work/result unshare --net --mount --propagation private bash -c '
    nft -f "$1" && dotnet "$2" -noLogo -noColor -explicit only -method "*.Reading_is_timed" > "$3" || { cat "$3" >&2; exit 1; }' \
    bash "$1" "$root/tests/Kernel.Tests/bin/Release/net10.0/Kernel.Tests.dll" "$work/log"
  cat "$work/result"
}

for layout in 1.35 1.36; do
  echo "kube-proxy's rules as of $layout, $services Services:"
  generate "$layout" "$services" > "$work/rules.nft"
  measure "$work/rules.nft"
done

echo "A set of 1,000,000 addresses:"
{
  echo "add table ip big; add set ip big s { type ipv4_addr; }"
  seq 0 999999 | awk '{ if (NR % 50000 == 1) printf "add element ip big s { "; printf "10.%d.%d.%d%s", int($1 / 65536), int($1 / 256) % 256, $1 % 256,
    NR % 50000 == 0 ? " }\n" : ", " }'
} > "$work/set.nft"
measure "$work/set.nft" s
