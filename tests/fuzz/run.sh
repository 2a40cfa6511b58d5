#!/usr/bin/env bash
# Coverage-guided fuzzing of one reader of outside bytes, with afl-fuzz over the instrumented assemblies.
#   bash tests/fuzz/run.sh               the targets
#   bash tests/fuzz/run.sh TARGET [SECONDS]
# Findings stay in out/fuzz/TARGET/found; "dotnet run -c Release --project tests/fuzz -- TARGET file FILE" shows one (the instrumented
# assemblies run under afl-fuzz alone). A fixed finding becomes a fixture.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${1:-} seconds=${2:-60}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
if [ -z "$target" ]; then
  dotnet run -c Release --project tests/fuzz || true
  exit 2
fi
if ! command -v afl-fuzz >/dev/null; then
  if [ "$(id -u)" -ne 0 ]; then echo "afl-fuzz is not installed (Debian: afl++)."; exit 2; fi
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends afl++; } >/dev/null
fi
tool=out/fuzz/tool
[ -x "$tool/sharpfuzz" ] || dotnet tool install SharpFuzz.CommandLine --tool-path "$tool" --version 2.3.0
work=out/fuzz/$target
rm -rf "$work/bin" "$work/seeds"
dotnet publish tests/fuzz -c Release -v quiet -clp:NoSummary -o "$work/bin"
dotnet "$work/bin/Fuzz.dll" "$target" seeds "$work/seeds"
for assembly in K8sNetfilter.Core K8sNetfilter.Linux; do "$tool/sharpfuzz" "$work/bin/$assembly.dll"; done
# The core pattern and the processors' governor are the machine's own: they are left alone, and afl-fuzz told so.
AFL_SKIP_BIN_CHECK=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 \
  afl-fuzz -i "$work/seeds" -o "$work/found" -t 10000 -m none -V "$seconds" -- dotnet "$work/bin/Fuzz.dll" "$target"
