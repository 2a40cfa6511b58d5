# A node whose kube-proxy is in IPVS mode (kubernetes/pkg/proxy/ipvs/proxier.go): Service addresses on a dummy link, virtual servers with NAT,
# conntrack for them, and the few rules that masquerade a pod's call to itself. Two pods on one bridge.
modprobe -a ip_vs ip_vs_rr ip_vs_wrr nf_conntrack nf_conntrack_netlink br_netfilter dummy veth bridge
check "IPVS is here" test -e /proc/net/ip_vs

sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.vs.conntrack=1
ip link add cni0 type bridge
ip addr add 10.244.0.1/24 dev cni0
ip link set cni0 up
for pod in 2 3; do
  ip netns add "pod$pod"
  ip link add "veth$pod" type veth peer name eth0 netns "pod$pod"
  ip link set "veth$pod" master cni0 up
  ip -n "pod$pod" link set lo up
  ip -n "pod$pod" link set eth0 up
  ip -n "pod$pod" addr add "10.244.0.$pod/24" dev eth0
  ip -n "pod$pod" route add default via 10.244.0.1
done

ip link add kube-ipvs0 type dummy
for address in 10.96.0.10/32 10.96.0.11/32 203.0.113.2/32 fd00:10:96::10/128; do ip addr add "$address" dev kube-ipvs0; done
ipvsadm -A -t 10.96.0.10:80 -s rr
ipvsadm -a -t 10.96.0.10:80 -r 10.244.0.3:8080 -m -w 1
ipvsadm -A -u 10.96.0.11:53 -s rr -p 10800
ipvsadm -a -u 10.96.0.11:53 -r 10.244.0.2:53 -m -w 1
ipvsadm -a -u 10.96.0.11:53 -r 10.245.0.9:53 -m -w 1
ipvsadm -A -t 203.0.113.2:80 -s wrr
ipvsadm -a -t 203.0.113.2:80 -r 10.244.0.3:8080 -m -w 3
ipvsadm -a -t 203.0.113.2:80 -r 10.245.0.9:8080 -m -w 1
ipvsadm -A -t 10.244.0.1:30080 -s rr
ipvsadm -a -t 10.244.0.1:30080 -r 10.244.0.3:8080 -m -w 1
ipvsadm -A -t '[fd00:10:96::10]:80' -s rr
ipvsadm -a -t '[fd00:10:96::10]:80' -r '[fd00:10:244::3]:8080' -m -w 1
check "five virtual servers" test "$(grep -cE '^(TCP|UDP)' /proc/net/ip_vs)" = 5

# What makes a network namespace track connections at all is a rule that asks for it, and this mode has these.
iptables-nft-restore <<'RULES'
*filter
:KUBE-FORWARD - [0:0]
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
*nat
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
COMMIT
RULES
check "rules as this mode writes them" iptables-nft -t nat -C POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING

cat >/tmp/serve.py <<'PY'
import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", 8080))
s.listen(16)
while True:
    s.accept()[0].close()
PY
ip netns exec pod3 python3 /tmp/serve.py >/dev/null 2>&1 &
for _ in $(seq 50); do ip netns exec pod3 ss -Hltn 2>/dev/null | grep -q 8080 && break; sleep 0.2; done
