#!/usr/bin/env bash
# Runs a command on a node of its own: private namespaces, a file system whose changes are kept in memory, a bridge with two pods, Services,
# and all that the examples of help and README speak of. Nothing of it is left behind, and nothing else is touched.
#   node.sh <repository> <rules for iptables-restore> <command> [arguments]
set -eu
if [ -z "${EXAMPLE_NODE:-}" ]; then
  EXAMPLE_NODE=1 exec unshare --mount --net --uts --ipc --pid --fork --kill-child --propagation private bash "$0" "$@"
fi
repository=$1 rules=$2
shift 2

# A file system to change: the machine's below, memory above.
mount -t tmpfs none /mnt
mkdir /mnt/up /mnt/work /mnt/root
mount -t overlay none -o lowerdir=/,upperdir=/mnt/up,workdir=/mnt/work /mnt/root
for path in /dev /sys; do mount --rbind "$path" "/mnt/root$path"; done
mount -t proc proc /mnt/root/proc
mount -t tmpfs none /mnt/root/run
mount -t tmpfs none /mnt/root/tmp
mkdir -p "/mnt/root$repository"
mount --bind "$repository" "/mnt/root$repository"
cp "$rules" /mnt/root/tmp/rules

cat > /mnt/root/tmp/start <<'START'
set -eu
mkdir -p /mnt/image/etc /run/netns /var/lib/prometheus/node-exporter /tmp/here
mkdir -p /host/etc/modules-load.d
echo br_netfilter > /host/etc/modules-load.d/k8s.conf
ip link set lo up
sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip link add cni0 type bridge
ip addr add 10.244.0.1/24 dev cni0
ip link set cni0 up
ip netns add router
ip link add eth0 type veth peer name eth0 netns router
ip -n router addr add 10.0.0.1/24 dev eth0
ip -n router link set eth0 up
ip addr add 10.0.0.5/24 dev eth0
ip link set eth0 up
ip route add default via 10.0.0.1 dev eth0
for pod in 2 3; do
  ip netns add "pod$pod"
  ip link add "veth$pod" master cni0 type veth peer name eth0 netns "pod$pod"
  ip link set "veth$pod" up
  ip -n "pod$pod" addr add "10.244.0.$pod/24" dev eth0
  ip -n "pod$pod" link set lo up
  ip -n "pod$pod" link set eth0 up
  ip -n "pod$pod" route add default via 10.244.0.1
  ip netns exec "pod$pod" sleep 3600 &
done
iptables-restore < /tmp/rules
iptables -A INPUT -i eth0 -p tcp --dport 22 -m limit --limit 5/min -j ACCEPT
cp /tmp/rules /tmp/here/iptables-save.txt
cp /tmp/rules /tmp/here/node-1.txt
cp /tmp/rules /tmp/here/node-2.txt
mkdir /tmp/here/dumps
cp /tmp/rules /tmp/here/dumps/node-7-legacy.txt
# A process with the number that the examples give.
echo 4710 > /proc/sys/kernel/ns_last_pid
sleep 3600 &
cd /tmp/here
exec "$@"
START
exec chroot /mnt/root /usr/bin/env bash /tmp/start "$@"
