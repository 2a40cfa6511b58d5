#!/usr/bin/env bash
# A node of its own (network namespace, files in memory), and on it a container as a manifest describes it: a root file system that is
# read-only, process 1 in its own mount and pid namespaces, and the capabilities that are named. Nothing of it is left, and nothing else is touched.
#
#   container.sh '<scenario>' <command> [arguments]     the scenario calls the functions below
#
# REPOSITORY, K8SNF   the checkout, and the program that was built of it
# MOUNTS              lines: folder of the node, path in the container, and rw, ro, or recursive for read-only with all mounts below
# ENVIRONMENT         lines: NAME=value
# CAPABILITIES        such as +net_admin,+net_raw; empty for none
# HOST_NETWORK        true, or the container has a network namespace of its own
set -u
if [ -z "${STAGE:-}" ]; then
  STAGE=node exec unshare --mount --net --uts --ipc --pid --fork --kill-child --mount-proc --propagation private bash "$0" "$@"
fi

node=/mnt/node root=/mnt/root
if [ "$STAGE" = container ]; then
  set -e
  mount -t tmpfs none "$root"
  mkdir "$root"/{usr,etc,proc,sys,dev,tmp,run,host,metrics} "$root/run/k8snetfilter"
  for link in bin sbin lib lib64; do
    [ ! -L "/$link" ] || cp -P "/$link" "$root/$link"
    [ -L "/$link" ] || [ ! -d "/$link" ] || { mkdir "$root/$link"; mount --bind "/$link" "$root/$link"; mount -o remount,bind,ro "$root/$link"; }
  done
  # The machine's own, and only to be read.
  for folder in /usr /etc; do mount --bind "$folder" "$root$folder"; mount -o remount,bind,ro "$root$folder"; done
  for device in null zero urandom; do touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
  mkdir "$root/dev/pts"
  mount -t devpts -o newinstance devpts "$root/dev/pts"
  mkdir -p "$root$REPOSITORY"
  mount --bind "$REPOSITORY" "$root$REPOSITORY"
  mount -o remount,bind,ro "$root$REPOSITORY"
  # What the Dockerfile copies, from deploy/ and with its modes.
  mount -t tmpfs none "$root/usr/local/bin"
  mount -t tmpfs none "$root/usr/local/lib"
  ln -s "$K8SNF" "$root/usr/local/bin/k8snf"
  mkdir "$root/usr/local/lib/k8snetfilter"
  sed -n 's/^COPY \(.*\) \/usr\/local\/lib\/k8snetfilter\/$/\1/p' "$REPOSITORY/deploy/kubernetes/Dockerfile" | tr ' ' '\n' | while read -r file; do
    cp -p "$REPOSITORY/deploy/$file" "$root/usr/local/lib/k8snetfilter/"
  done
  mount -t proc proc "$root/proc"
  mount --bind "$root/proc/sys" "$root/proc/sys"
  mount -o remount,bind,ro "$root/proc/sys"
  mount --bind /sys "$root/sys"
  mount -o remount,bind,ro "$root/sys"
  while read -r source target mode; do
    mkdir -p "$node$source"
    [ "$mode" = rw ] || { mount --rbind "$node$source" "$root$target"; mount -o remount,bind,ro "$root$target"; }
    [ "$mode" != rw ] || mount --bind "$node$source" "$root$target"
    [ "$mode" != recursive ] || awk -v at="$root$target/" 'index($5, at) == 1 { print $5 }' /proc/self/mountinfo | while read -r below; do
      mount -o remount,bind,ro "$below"
    done
  done <<<"$MOUNTS"
  mount -o remount,ro "$root"
  mapfile -t variables <<<"$ENVIRONMENT"
  cd /
  exec chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${variables[@]}" \
    setpriv --reuid 0 --regid 0 --clear-groups --no-new-privs --inh-caps "-all${CAPABILITIES:+,$CAPABILITIES}" --bounding-set "-all${CAPABILITIES:+,$CAPABILITIES}" "$@"
fi

scenario=$1
shift
mount -t tmpfs none /mnt
mkdir "$node" "$root"
mount -t tmpfs none "$node"
cp -a "$REPOSITORY/tests/pester/node/." "$node"
mkdir -p "$node/proc" "$node/run" "$node/var"
mount -t proc proc "$node/proc"
mount -t tmpfs none "$node/run"
ip link set lo up
sysctl -q -w net.ipv4.ip_forward=1

# Starts the container: $init is its process 1 as the node sees it.
start() {
  [ "$HOST_NETWORK" = true ] && own=() || own=(--net)
  STAGE=container unshare --mount --pid "${own[@]}" --fork --kill-child --propagation private bash "$0" "$@" 2>&1 &
  outer=$!
  until init=$(pgrep -P "$outer") && [ -n "$init" ]; do sleep 0.02; done
}
# Waits for the verdict of a check.
verdict() {
  for _ in $(seq 300); do
    [ ! -s "$node/run/k8snetfilter/status" ] || return 0
    sleep 0.1
  done
  echo "no verdict within 30 s"
}
# Ends the container as kubelet does, and says after how many milliseconds it had ended, and with what.
stop() {
  local from
  from=$(date +%s%3N)
  kill -TERM "$init"
  ( sleep 10; kill -KILL "$init" ) 2>/dev/null & guard=$!
  wait "$outer"
  echo "ended $? after $(($(date +%s%3N) - from))"
  kill "$guard" 2>/dev/null
  rm -f "$node/run/k8snetfilter/status"
}
# A command in the container, as a probe is run.
inside() { nsenter --target "$init" --mount --pid --net --root --wd "$@"; }

eval "$scenario"
