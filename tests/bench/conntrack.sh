#!/usr/bin/env bash
# Get-ConntrackEntry and conntrack(8) side by side, in turn, in a private network namespace: time as a ratio, memory as a difference.
#   bash tests/bench/conntrack.sh [entries] [rounds]        as root; builds k8snf where it is missing
# More entries than net.netfilter.nf_conntrack_max cannot be made: the limit holds for entries made by netlink as well, and for every
# network namespace, whose own copy of the setting is read-only. The script then says so and makes as many as may be.
set -euo pipefail
cd "$(dirname "$0")/../.."
entries=${1:-200000} rounds=${2:-5}
k8snf=${K8SNF:-src/K8sNetfilter.Host/bin/Release/net10.0/k8snf.dll}
[ -f "$k8snf" ] || dotnet build src/K8sNetfilter.Host -c Release -v quiet -clp:NoSummary
if [ "${INSIDE:-}" != yes ]; then
  exec env INSIDE=yes unshare --net bash "$0" "$entries" "$rounds"
fi
limit=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
if [ "$entries" -gt $((limit - 1000)) ]; then
  entries=$((limit - 1000))
  echo "net.netfilter.nf_conntrack_max is $limit: scaled down to $entries entries."
fi
# Ten connections of one client, with a mark, which the filtered queries look for; the others as a node has them.
awk -v n="$entries" 'BEGIN { for (i = 0; i < n; i++) {
  a = int(i / 60000); p = 1024 + i % 60000; s = i < 10 ? "192.0.2.1" : sprintf("10.244.%d.%d", a, i % 250 + 1)
  printf "-A -t %d -u SEEN_REPLY,ASSURED -m %d -s %s -d 10.96.%d.%d -r 10.244.%d.%d -q %s -p tcp --sport %d --dport 80 --reply-port-src 8080 --reply-port-dst %d --state ESTABLISHED\n",
    80000 + i % 1000, i < 10 ? 77 : 0, s, int(i / 250) % 16, i % 250, int(i / 7) % 16, i % 200 + 1, s, p, p } }' | conntrack -R /proc/self/fd/0
echo "$(conntrack -C) entries, $rounds rounds, $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)"
DOTNET_TieredPGO=0 dotnet "$k8snf" -File tests/bench/conntrack.ps1 "$rounds"
# The highest resident size of a process of its own.
peak() { DOTNET_TieredPGO=0 dotnet "$k8snf" "$1 | Out-Null; foreach (\$l in [IO.File]::ReadLines('/proc/self/status')) { if (\$l -match 'VmHWM:\s+(\d+)') { [int]\$Matches[1] } }"; }
empty=$(peak 'Get-ConntrackEntry -Mark 4711') filtered=$(peak 'Get-ConntrackEntry -Source 192.0.2.1') all=$(peak 'Get-ConntrackEntry')
printf 'memory over an empty query (%d MB): filtered %+.1f MB (at most 32), all streamed %+.1f MB (at most 64)\n' \
  $((empty / 1024)) "$(echo "($filtered - $empty) / 1024" | bc -l)" "$(echo "($all - $empty) / 1024" | bc -l)"
