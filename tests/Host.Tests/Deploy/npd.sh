#!/usr/bin/env bash
# Runs a command again and again within the limits of node-problem-detector's container (10m of a processor, 80 MiB), and says what it used.
#   npd.sh <times> <command> [arguments]
# Output: the command's own of the last time, then "exit N", "limits cgroup2|cgroup1|none" (none: they could not be set), "cpu <microseconds per
# run>", "slowest <milliseconds>" and, with limits, "peak <KiB>".
set -u
times=$1
shift
groups=() kind=none
cleanup() { for group in "${groups[@]}"; do rmdir "$group" 2>/dev/null; done; }
trap cleanup EXIT

unified=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
memory=$(awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { print $2; exit }' /proc/mounts)
cpu=$(awk '$3 == "cgroup" && $4 ~ /(^|,)cpu(,|$)/ { print $2; exit }' /proc/mounts)
if [ -n "$unified" ] && mkdir "$unified/k8snf-npd-$$" 2>/dev/null; then
  groups=("$unified/k8snf-npd-$$")
  if { echo 83886080 >"${groups[0]}/memory.max" && echo 1000 100000 >"${groups[0]}/cpu.max"; } 2>/dev/null; then kind=cgroup2; else cleanup; groups=(); fi
fi
if [ $kind = none ] && [ -n "$memory" ] && [ -n "$cpu" ] && mkdir "$memory/k8snf-npd-$$" "$cpu/k8snf-npd-$$" 2>/dev/null; then
  groups=("$memory/k8snf-npd-$$" "$cpu/k8snf-npd-$$")
  if { echo 83886080 >"${groups[0]}/memory.limit_in_bytes" && echo 100000 >"${groups[1]}/cpu.cfs_period_us" && echo 1000 >"${groups[1]}/cpu.cfs_quota_us"; } 2>/dev/null; then
    kind=cgroup1
  else
    cleanup; groups=()
  fi
fi

# A shell in the groups becomes the command. What is counted is that shell's start too.
used() { awk -v hertz="$(getconf CLK_TCK)" '{ print int(($16 + $17) * 1000000 / hertz) }' "/proc/$$/stat"; }
slowest=0 from=$(used)
for _ in $(seq "$times"); do
  began=${EPOCHREALTIME/[.,]/}
  output=$(for group in "${groups[@]}"; do echo "$BASHPID" >"$group/cgroup.procs"; done; exec "$@")
  code=$?
  took=$((${EPOCHREALTIME/[.,]/} - began))
  [ "$took" -le "$slowest" ] || slowest=$took
done
spent=$(($(used) - from))
printf '%s\n' "$output" "exit $code" "limits $kind" "cpu $((spent / times))" "slowest $((slowest / 1000))"
for file in memory.peak memory.max_usage_in_bytes; do
  [ ${#groups[@]} -eq 0 ] || [ ! -r "${groups[0]}/$file" ] || echo "peak $(($(cat "${groups[0]}/$file") / 1024))"
done
