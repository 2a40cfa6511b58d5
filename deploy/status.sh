#!/bin/sh
# Says what the last check of this node found: its line, and exit code 0 (as it should be), 1 (not) or 2 (not known).
# node-problem-detector calls it. It reads two small files and starts no program, so that it costs next to nothing.
#
#   status.sh [file [seconds]]       a check that is older than the seconds (900) counts as not known
#   status.sh -Ran [file [seconds]]  0 if the check runs, whatever it found; else 1
ran=
if [ "${1:-}" = -Ran ]; then
  ran=1
  shift
fi
file=${1:-/run/k8snetfilter/status}
limit=${2:-900}

# Ends without a verdict.
unknown() {
  printf 'not known: %s\n' "$1"
  [ -z "$ran" ] || exit 1
  exit 2
}

code='' ended='' line=''
{ read -r code ended _ && IFS= read -r line; } 2>/dev/null <"$file" \
  || unknown "$file has no verdict yet; is k8snetfilter's check running on this node?"
read -r now _ </proc/uptime || unknown "/proc/uptime cannot be read"
case $code in 0 | 1 | 2) ;; *) unknown "$file is not what check.ps1 writes" ;; esac
case ${ended%%.*} in '' | *[!0-9]*) unknown "$file is not what check.ps1 writes" ;; esac
age=$((${now%%.*} - ${ended%%.*}))
[ "$age" -ge 0 ] || unknown "$file is from before the node's boot"
[ "$age" -le "$limit" ] || unknown "the last check ended $age seconds ago; see why k8snetfilter's check no longer runs. It said: $line"
printf '%s\n' "$line"
[ -z "$ran" ] || exit 0
exit "$code"
