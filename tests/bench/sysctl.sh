#!/usr/bin/env bash
# Get-NodeSysctl over all keys and sysctl -a in turn, in a running engine. Ours also reads the files and foretells both boots.
#   bash tests/bench/sysctl.sh [rounds]        builds k8snf where it is missing
set -euo pipefail
cd "$(dirname "$0")/../.."
k8snf=src/K8sNetfilter.Host/bin/Release/net10.0/k8snf.dll
[ -f "$k8snf" ] || dotnet build src/K8sNetfilter.Host -c Release -v quiet -clp:NoSummary
command -v sysctl >/dev/null || { echo "sysctl is not installed (Debian: procps)."; exit 2; }
echo "$(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)"
DOTNET_TieredPGO=0 dotnet "$k8snf" -File tests/bench/sysctl.ps1 "${1:-15}"
