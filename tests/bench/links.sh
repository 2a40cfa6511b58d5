#!/usr/bin/env bash
# The bridges, ports, forwarding entries and neighbours of a node with many pods: Get-NodeBridgePort and the sources below it beside the
# ip -j and bridge -j calls that give the same, in turn, in private network namespaces.
#   bash tests/bench/links.sh [pods] [rounds]        as root; builds k8snf where it is missing
set -euo pipefail
cd "$(dirname "$0")/../.."
pods=${1:-500} rounds=${2:-7}
k8snf=${K8SNF:-src/K8sNetfilter.Host/bin/Release/net10.0/k8snf.dll}
[ -f "$k8snf" ] || dotnet build src/K8sNetfilter.Host -c Release -v quiet -clp:NoSummary
if [ "${INSIDE:-}" != yes ]; then
  exec env INSIDE=yes unshare --net --mount bash "$0" "$pods" "$rounds"
fi
mount --make-rprivate / && mount -t tmpfs none /run
ip link set lo up
ip link add cni0 address 0a:58:0a:f4:00:01 type bridge
ip addr add 10.244.0.1/16 dev cni0; ip link set cni0 up
for ((i = 0; i < pods; i++)); do
  a=$(((i + 2) / 250)) b=$(((i + 2) % 250 + 1)) mac=$(printf '0a:58:0a:f4:%02x:%02x' $(((i + 2) / 250)) $(((i + 2) % 250 + 1)))
  ip netns add "pod$i"
  echo "link add veth$i master cni0 up type veth peer name eth0 address $mac netns pod$i" >&4
  echo "neigh add 10.244.$a.$b lladdr $mac dev cni0" >&3
  addresses[i]=10.244.$a.$b
done 3>/run/neighbours 4>/run/links
ip -batch /run/links; ip -batch /run/neighbours
for ((i = 0; i < pods; i++)); do
  ip -n "pod$i" -batch - <<<"addr add ${addresses[i]}/16 dev eth0
link set eth0 up"
done
echo "$pods pods, $rounds rounds, $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)"
DOTNET_TieredPGO=0 dotnet "$k8snf" -File tests/bench/links.ps1 "$rounds"
