#!/usr/bin/env bash
# Get-NetfilterRule and the whole model against iptables-save, in turn, in a private network namespace, for both backends.
#   bash tests/bench/rulesets.sh [services] [rounds]        as root; builds what is missing. 10,000 Services x 3 endpoints: 150,016 lines
set -euo pipefail
cd "$(dirname "$0")/../.."
services=${1:-10000} rounds=${2:-7}
k8snf=src/K8sNetfilter.Host/bin/Release/net10.0/k8snf.dll bench=tests/bench/bin/Release/net10.0/Bench.dll
[ -f "$k8snf" ] || dotnet build src/K8sNetfilter.Host -c Release -v quiet -clp:NoSummary
[ -f "$bench" ] || dotnet build tests/bench -c Release -v quiet -clp:NoSummary
if [ "${INSIDE:-}" != yes ]; then
  text=$(mktemp); trap 'rm -f "$text"' EXIT
  dotnet "$bench" ruleset "$services" > "$text"
  echo "$services Services x 3: $(wc -l < "$text") lines, $rounds rounds, $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)"
  for backend in legacy nft; do
    # One after the other, each in a namespace of its own.
    INSIDE=yes TEXT=$text BACKEND=$backend unshare --net bash "$0" "$services" "$rounds"
  done
  exit
fi
"iptables-$BACKEND-restore" "$TEXT"
DOTNET_TieredPGO=0 dotnet "$k8snf" -File tests/bench/rulesets.ps1 "$BACKEND" "$rounds"
