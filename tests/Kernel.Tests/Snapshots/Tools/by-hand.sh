# Takes a snapshot with nothing but the standard tools, as about_NodeSnapshot shows it.
set -eu
cd "$1"
[ -e /proc/thread-self/net/ip_tables_names ] && iptables-legacy-save -c > iptables-legacy-save.txt
[ -e /proc/thread-self/net/ip6_tables_names ] && ip6tables-legacy-save -c > ip6tables-legacy-save.txt
iptables-nft-save -c > iptables-nft-save.txt
ip6tables-nft-save -c > ip6tables-nft-save.txt
nft -j list ruleset > nft-chains.json
ipset save > ipset.txt || rm ipset.txt
nft list hooks > nft-hooks.txt || rm nft-hooks.txt
nft -j -n list table ip kube-proxy > nft-kube-proxy-4.json || rm nft-kube-proxy-4.json
nft -j -n list table ip6 kube-proxy > nft-kube-proxy-6.json || rm nft-kube-proxy-6.json
conntrack -L -f ipv4 -o extended,id,labels > conntrack.txt
conntrack -L -f ipv6 -o extended,id,labels >> conntrack.txt
conntrack -S > conntrack-stat.txt
ip -j -d link > ip-link.json
ip -j addr > ip-addr.json
for f in 4 6; do
  ip -$f -j -d route show table all > ip-route-$f.json
  ip -$f -j rule > ip-rule-$f.json
done
ip -j neigh show nud all > ip-neigh.json
bridge -j fdb show > bridge-fdb.json
ss -lntup > ss.txt
sysctl -a > sysctl.txt 2>&1
sysctl --version > sysctl-version.txt
uname -a > uname.txt
ls -d /sys/module/* | while read -r m; do [ -e "$m/initstate" ] || basename "$m"; done > sys-module.txt
for p in /etc/sysctl.conf /etc/sysctl.d /etc/modules-load.d /etc/modules /etc/modprobe.d /etc/iproute2 /run/sysctl.d /run/modules-load.d /run/modprobe.d \
  /usr/local/lib/sysctl.d /usr/lib/sysctl.d /usr/lib/modules-load.d /usr/lib/modprobe.d; do
  [ ! -e "$p" ] || cp -a --parents "$p" .
done
mkdir -p proc/net
for p in modules cmdline filesystems; do [ ! -e "/proc/$p" ] || cp "/proc/$p" proc/; done
for p in ip_vs ip_tables_names ip6_tables_names ip_tables_matches ip_tables_targets; do [ ! -e "/proc/thread-self/net/$p" ] || cat "/proc/thread-self/net/$p" > "proc/net/$p"; done

# The pods: ip(8) knows a namespace by its name.
shift
if [ $# -gt 0 ]; then
  mkdir -p /run/netns
  mount -t tmpfs tmpfs /run/netns
  for pid; do
    touch "/run/netns/pod$pid"
    mount --bind "/proc/$pid/ns/net" "/run/netns/pod$pid"
  done
fi
ip -j netns list > ip-netns.json
for n in $(ip netns list | cut -d' ' -f1); do
  mkdir -p "netns/$n/proc/net"
  ip -n "$n" -j addr > "netns/$n/ip-addr.json"
  ip -n "$n" -4 -j -d route show table all > "netns/$n/ip-route-4.json"
  ip -n "$n" -6 -j -d route show table all > "netns/$n/ip-route-6.json"
  ip netns exec "$n" ss -lntu > "netns/$n/ss.txt"
  ip netns exec "$n" nft -j list ruleset > "netns/$n/nft-chains.json"
  for t in ip_tables_names ip6_tables_names; do
    ip netns exec "$n" cat "/proc/thread-self/net/$t" > "netns/$n/proc/net/$t" || true
  done
  ip netns exec "$n" sysctl -a 2>&1 | grep -E 'proxy_(arp|ndp)' > "netns/$n/sysctl.txt"
done
