#!/bin/sh
# The first process of the DaemonSet's container: checks the node, waits, and checks again, until SIGTERM.
#
#   run.sh <seconds between checks> <arguments of check.ps1>

# Process 1 gets no signal that it does not ask for. A check that runs is stopped and waited for, so that no file stays half written.
child=
trap 'kill "$child" 2>/dev/null; wait "$child" 2>/dev/null; exit 0' TERM INT

# The node's file system has to be read-only with all that is mounted in it: root could write to /host/proc/sys, also without a capability.
writable=
while read -r _ _ _ _ point options _; do
  case $point in /host | /host/*) ;; *) continue ;; esac
  case $options in ro | ro,*) ;; *) writable="$writable $point" ;; esac
done </proc/self/mountinfo
if [ -n "$writable" ]; then
  echo "not started: writable in this container are$writable. The mount of the node's file system needs recursiveReadOnly: Enabled" \
    "(Kubernetes 1.31 or later). On an older one, use deploy/systemd/." >&2
  exit 2
fi

interval=$1
shift
while :; do
  k8snf -File /usr/local/lib/k8snetfilter/check.ps1 "$@" &
  child=$!
  wait "$child"
  sleep "$interval" &
  child=$!
  wait "$child"
done
