#!/usr/bin/env bash
# conntrack.sh with 1,000,000 entries. Their number is limited by net.netfilter.nf_conntrack_max, which no private network namespace can
# raise, so this runs in the virtual machine (tests/vm), whose processor is emulated: the ratios count, and it takes half an hour.
#   bash tests/bench/million.sh       and, beside it: tail -f out/vm/million/boot-1.report.log
set -eu
cd "$(dirname "$0")/../.."
[ -f src/K8sNetfilter.Host/bin/Release/net10.0/k8snf.dll ] || dotnet build src/K8sNetfilter.Host -c Release -v quiet -clp:NoSummary
VM_SCENARIOS=tests/bench/vm VM_MEMORY=4096 VM_BOOT_LIMIT=${VM_BOOT_LIMIT:-7200} exec bash tests/vm/run.sh million
