#!/usr/bin/env bash
# How long a start takes: k8snf as one file and beside the shared framework, against pwsh; and what Import-Module adds to an engine, beside
# what a module of one cmdlet and one view adds, which is the engine's own share.
#   bash tests/bench/start.sh [rounds]
# All commands run in turn in each round, so that a busy machine is as busy for each of them; the ratio counts, not the time.
# Builds what it measures into out/, installs nothing; pwsh (or $PWSH) is measured where it is there.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-20}
pwsh=${PWSH:-$(command -v pwsh || true)}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
case $(uname -m) in aarch64) rid=linux-arm64 ;; *) rid=linux-x64 ;; esac
quiet=(-c Release -v quiet -clp:NoSummary)

dotnet build "${quiet[@]}" -t:Package
dotnet publish src/K8sNetfilter.Host "${quiet[@]}" -r "$rid"
dotnet publish src/K8sNetfilter.Host "${quiet[@]}" -r "$rid" --self-contained false -o out/bench/k8snf
dotnet publish tests/support/Engine "${quiet[@]}" -r "$rid" --self-contained false -p:PublishReadyToRun=true -o out/bench/engine
dotnet build tests/support/OneCmdlet "${quiet[@]}"
manifest=$(echo "$PWD"/out/K8sNetfilter/*/K8sNetfilter.psd1)

names=() commands=()
add() { names+=("$1"); commands+=("$2"); }
[ -n "$pwsh" ] && add pwsh "'$pwsh' -NoProfile -c 1"
add one-file "out/k8snf/$rid/k8snf Get-NodeBridgeNetfilter"
add framework "out/bench/k8snf/k8snf Get-NodeBridgeNetfilter"
add engine "out/bench/engine/Engine '\$null'"
add engine+import "out/bench/engine/Engine 'Import-Module $manifest'"
add engine+one "out/bench/engine/Engine 'Import-Module $PWD/tests/support/OneCmdlet/bin/Release/net8.0/OneCmdlet.psd1'"
[ -n "$pwsh" ] && add pwsh+import "'$pwsh' -NoProfile -c 'Import-Module $manifest'"

times=$(mktemp -d); trap 'rm -rf "$times"' EXIT
for ((round = 0; round <= rounds; round++)); do
  for i in "${!names[@]}"; do
    start=${EPOCHREALTIME/./}
    eval "${commands[i]}" >/dev/null 2>&1 || { code=$?; [ "$code" -eq 1 ] || { echo "${commands[i]} ended with $code" >&2; exit 1; }; }
    # The first round warms the page cache.
    [ "$round" -eq 0 ] || echo $((${EPOCHREALTIME/./} - start)) >>"$times/$i"
  done
done

median() { sort -n "$times/$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2000 }'; }
least() { sort -n "$times/$1" | awk 'NR == 1 { print $1 / 1000 }'; }
echo "$rounds rounds, $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg)"
printf '%-14s %10s %10s   %s\n' what 'median ms' 'least ms' ratio
declare -A medians leasts
for i in "${!names[@]}"; do medians[${names[i]}]=$(median "$i") leasts[${names[i]}]=$(least "$i"); done
for i in "${!names[@]}"; do
  name=${names[i]} ratio=
  case $name in
    one-file | framework) [ -n "$pwsh" ] && ratio=$(awk -v a="${medians[$name]}" -v b="${medians[pwsh]}" 'BEGIN { printf "%.2f x pwsh -NoProfile -c 1 (at most 1.0)", a / b }') ;;
    *+*) ratio=$(awk -v a="${leasts[$name]}" -v b="${leasts[${name%+*}]}" -v c="${medians[$name]}" -v d="${medians[${name%+*}]}" -v n="${name#*+}" \
      'BEGIN { printf "%+.0f ms at the least, %+.0f ms at the median, over the bare start (%s)", a - b, c - d, n == "one" ? "one cmdlet, one view" : "at most 40" }') ;;
  esac
  printf '%-14s %10.1f %10.1f   %s\n' "$name" "${medians[$name]}" "${leasts[$name]}" "$ratio"
done
