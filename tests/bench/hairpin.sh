#!/usr/bin/env bash
# Test-ServiceHairpin over all Services of a node beside iptables-save of the same backend, in turn, in a private network namespace; one
# walk on the loaded model; growth from 1,000 to 50,000 Services; memory.
#   bash tests/bench/hairpin.sh [services] [rounds] [pods]        as root; publishes k8snf into out/bench
# Each Service has three endpoints, one of them a pod of this node: every one is decided, from a neighbour and from the endpoint itself.
set -euo pipefail
cd "$(dirname "$0")/../.."
services=${1:-10000} rounds=${2:-5} pods=${3:-30}
if [ -z "${INSIDE:-}" ]; then
  # As users have it: compiled ahead of time.
  case $(uname -m) in aarch64) rid=linux-arm64 ;; *) rid=linux-x64 ;; esac
  dotnet publish src/K8sNetfilter.Host -c Release -v quiet -clp:NoSummary -r "$rid" --self-contained false -o out/bench/k8snf
  exec env INSIDE=yes unshare --net --mount bash "$0" "$services" "$rounds" "$pods"
fi
mount --make-rprivate / && mount -t tmpfs none /run
ip link set lo up
ip link add cni0 address 0a:58:0a:f4:00:01 type bridge
ip addr add 10.244.0.1/24 dev cni0; ip link set cni0 up
echo 1 >/proc/sys/net/ipv4/ip_forward
listeners=
for ((i = 0; i < pods; i++)); do
  ip netns add "pod$i"
  ip link add "veth$i" master cni0 up type veth peer name eth0 netns "pod$i"
  ip -n "pod$i" addr add "10.244.0.$((i + 2))/24" dev eth0; ip -n "pod$i" link set eth0 up
  ip -n "pod$i" route add default via 10.244.0.1
  # Something listens, so that Services work (systemd-socket-activate(1); without it they are refused, which takes as long).
  { command -v systemd-socket-activate >/dev/null && exec ip netns exec "pod$i" systemd-socket-activate -l 8080 --inetd /bin/cat 2>/dev/null; } & listeners+=" $!"
done
# What kube-proxy writes for so many Services (pkg/proxy/iptables/proxier.go), with scattered numbers for hashes: iptables-nft-save sorts the
# chains as it reads them, and would take ten times as long for names that come in order.
rules() { awk -v n="$1" -v pods="$pods" 'function hash(i) { return sprintf("%016.0f", (i * 2654435761) % 4294967296) } BEGIN {
  print "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE-FORWARD - [0:0]"
  print "-A FORWARD -m comment --comment \"kubernetes forwarding rules\" -j KUBE-FORWARD\n-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP"
  print "-A KUBE-FORWARD -m comment --comment \"kubernetes forwarding rules\" -m mark --mark 0x4000/0x4000 -j ACCEPT\nCOMMIT"
  print "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]"
  print ":KUBE-MARK-MASQ - [0:0]\n:KUBE-NODEPORTS - [0:0]\n:KUBE-POSTROUTING - [0:0]\n:KUBE-SERVICES - [0:0]"
  for (i = 0; i < n; i++) { printf ":KUBE-SVC-%s - [0:0]\n", hash(i); for (e = 0; e < 3; e++) printf ":KUBE-SEP-%s - [0:0]\n", hash(3 * i + e) }
  print "-A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES\n-A OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES"
  print "-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING\n-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000"
  print "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN\n-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0"
  print "-A KUBE-POSTROUTING -m comment --comment \"kubernetes service traffic requiring SNAT\" -j MASQUERADE --random-fully"
  for (i = 0; i < n; i++) {
    name = sprintf("ns%d/svc-%d:http", i % 50, i); ip = sprintf("10.%d.%d.%d", 96 + int(i / 60000), int(i / 250) % 240, i % 250 + 1)
    printf "-A KUBE-SERVICES -d %s/32 -p tcp -m comment --comment \"%s cluster IP\" -m tcp --dport 80 -j KUBE-SVC-%s\n", ip, name, hash(i)
    printf "-A KUBE-SVC-%s ! -s 10.244.0.0/16 -d %s/32 -p tcp -m comment --comment \"%s cluster IP\" -m tcp --dport 80 -j KUBE-MARK-MASQ\n", hash(i), ip, name
    for (e = 0; e < 3; e++) {
      k = 3 * i + e; to = e == i % 3 ? sprintf("10.244.0.%d", i % pods + 2) : sprintf("10.%d.%d.%d", 128 + int(k / 60000), int(k / 250) % 240, k % 250 + 1)
      share = e == 0 ? " -m statistic --mode random --probability 0.33333333349" : e == 1 ? " -m statistic --mode random --probability 0.50000000000" : ""
      printf "-A KUBE-SVC-%s -m comment --comment \"%s -> %s:8080\"%s -j KUBE-SEP-%s\n", hash(i), name, to, share, hash(k)
      printf "-A KUBE-SEP-%s -s %s/32 -m comment --comment \"%s\" -j KUBE-MARK-MASQ\n", hash(k), to, name
      printf "-A KUBE-SEP-%s -p tcp -m comment --comment \"%s\" -m tcp -j DNAT --to-destination %s:8080\n", hash(k), name, to
    } }
  print "-A KUBE-SERVICES -m comment --comment \"kubernetes service nodeports\" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS\nCOMMIT" }'; }
lists=$(mktemp -d); trap 'rm -rf "$lists"; kill $listeners 2>/dev/null' EXIT
run() { out/bench/k8snf/k8snf -File tests/bench/hairpin.ps1 "$@"; }
empty() { "iptables-$1" -t nat -F; "iptables-$1" -t nat -X; "iptables-$1" -F; "iptables-$1" -X; }
if [ "$INSIDE" = serve ]; then
  rules "$services" >"$lists/rules"; iptables-legacy-restore <"$lists/rules"; rm "$lists/rules"
  run serve "$GO" "$SAID"
  exit
fi
echo "$pods pods, $rounds rounds, $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)"
for backend in ${BACKENDS:-legacy nft}; do
  rules "$services" >"$lists/rules"; "iptables-$backend-restore" <"$lists/rules"
  run compare "$backend" "$services" "$rounds"
  # A table of ip_tables stays where it was made, and empty ones are read too: each backend has a namespace of its own.
  [ "$backend" = nft ] || empty "$backend"
done
[ -n "${GROWTH-yes}" ] || exit 0
# Growth: a process for each size, in a namespace of its own. They take turns, so that a busy machine is as busy for each of them, and each
# stands beside iptables-save of the same size.
sizes=(1000 10000 50000)
for count in "${sizes[@]}"; do
  mkfifo "$lists/go$count" "$lists/said$count"
  INSIDE=serve GO=$lists/go$count SAID=$lists/said$count unshare --net --mount bash "$0" "$count" "$rounds" "$pods" &
  exec {go[count]}>"$lists/go$count" {said[count]}<"$lists/said$count"
  read -r first peak <&"${said[count]}"
  echo "$count Services (legacy): first call in a process $first ms, at most $peak MB resident (at most 400)"
done
for ((round = 0; round < rounds; round++)); do
  for count in "${sizes[@]}"; do
    echo go >&"${go[count]}"; read -r tool ours <&"${said[count]}"; echo "$count $tool $ours"
  done
done | sort -n | awk '
  function median(list, n,   v, i) { n = split(list, v); for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t } return v[int((n + 1) / 2)] }
  { tool[$1] = tool[$1] " " $2; ours[$1] = ours[$1] " " $3; ratio[$1] = ratio[$1] " " $3 / $2; if (!($1 in seen)) { seen[$1]; order[++sizes] = $1 } }
  END { for (s = 1; s <= sizes; s++) { n = order[s]; at[s] = median(ours[n])
    printf "%6d Services: %6.0f ms = %5.1f us a Service; iptables-save %5.1f us; %.2fx", n, at[s], at[s] * 1000 / n, median(tool[n]) * 1000 / n, median(ratio[n])
    if (s > 1) printf "; each Service more than %d: %.1f us", order[s - 1], slope[s] = (at[s] - at[s - 1]) * 1000 / (n - order[s - 1])
    print (s > 2 ? sprintf(" (%.2f of that before, at most 1.10)", slope[s] / slope[s - 1]) : "") } }'
for count in "${sizes[@]}"; do exec {go[count]}>&-; done
wait
