#!/usr/bin/env bash
# The README's test command: installs what is missing (Debian packages, when root), builds, runs every suite, and ends with one
# line "N passed, N failed, N skipped". A suite is skipped only with a reason.
#   bash tests/run.sh            all suites
#   bash tests/run.sh Core Vm    the suites named
set -u
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
results=out/test-results
rm -rf "$results" && mkdir -p "$results"
passed=0 failed=0 skipped=0
wanted=" ${*:-Core Linux Module Host Kernel Vm Pester} "

say() { printf '\n== %s\n' "$1"; }
# What failed is said again before the last line: whoever sees only the end of a long log needs its name and its message there.
again() { sed "s/^/$1: /" >>"$results/failed.txt"; }
fail() { failed=$((failed + 1)); echo "FAILED $1" | tee -a "$results/failed.txt"; }
skip() { skipped=$((skipped + 1)); printf 'SKIPPED %s: %s\n' "$1" "$2"; }

# What the suites compare with, by the command that proves that it is there.
install_tools() {
  local missing=()
  while read -r command package; do
    command -v "$command" >/dev/null 2>&1 || missing+=("$package")
  done <<'TOOLS'
sysctl procps
modprobe kmod
ip iproute2
iptables-legacy-save iptables
nft nftables
conntrack conntrack
ebtables-legacy ebtables
arptables-legacy arptables
ipset ipset
gcc gcc
systemd-analyze systemd
promtool prometheus
strace strace
TOOLS
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Not here, so the tests that compare with them are skipped: ${missing[*]}"
    return
  fi
  say "Installing ${missing[*]}"
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"; } \
    >"$results/apt.log" 2>&1 || { tail -5 "$results/apt.log"; echo "The installation failed; the tests that need these tools say so."; }
}

# Runs one xunit suite and adds its counts. A suite that reports no test has failed.
xunit() {
  local name=$1 xml="$results/$1.xml" counts
  say "$name.Tests"
  dotnet "tests/$name.Tests/bin/Release/net10.0/$name.Tests.dll" -noLogo -xml "$xml" | grep -v -E '^\s*$' | tee "$results/$name.log"
  sed -n '/\[FAIL\]/,/Stack Trace:/p' "$results/$name.log" | again "$name.Tests"
  counts=$(grep -o -m1 '<assembly [^>]*>' "$xml" 2>/dev/null)
  number() { printf '%s' "$counts" | sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p"; }
  if [ -z "$counts" ] || [ "$(number total)" = 0 ]; then
    fail "$name.Tests: it reported no tests"; return
  fi
  passed=$((passed + $(number passed))); skipped=$((skipped + $(number skipped)))
  failed=$((failed + $(number failed) + $(number errors)))
}

# The newest version of each major one from 5.3 on, where pwsh and Pester are installed.
pester_versions() {
  command -v pwsh >/dev/null && pwsh -NoProfile -c '(Get-Module -ListAvailable Pester | Where-Object Version -ge 5.3 | Group-Object { $_.Version.Major } |
    ForEach-Object { ($_.Group.Version | Sort-Object)[-1] }) -join " "'
}
has_pester() { [ -n "$(pester_versions)" ]; }

# Where PowerShell or Pester is not installed, both come from the package registry, for this run alone.
powershell_from_packages() {
  local folder=$PWD/tests/support/PowerShell/bin/Release/net10.0
  dotnet build tests/support/PowerShell -c Release -v quiet -clp:NoSummary >"$results/powershell.log" 2>&1 || { grep -m3 error "$results/powershell.log"; return 1; }
  export PATH="$folder:$PATH" PSModulePath="$folder/Modules" POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off
  has_pester
}

install_tools
say "Build"
dotnet build K8sNetfilter.sln -c Release -v quiet -clp:NoSummary || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
# The Host suite imports the package into an engine of its own. Making one downloads a compiler: without a network its tests are skipped.
case "$wanted" in *" Host "*)
  dotnet build K8sNetfilter.sln -t:Package -c Release -v quiet -clp:NoSummary >"$results/package.log" 2>&1 \
    || { rm -rf out/K8sNetfilter; grep -m3 error "$results/package.log"
         grep -q 'error NU' "$results/package.log" || { fail "package: it cannot be made"; }; }
  # The examples of the help are run in PowerShell too.
  command -v pwsh >/dev/null || (powershell_from_packages) || echo "pwsh can't be had from its package: its tests are skipped."
  # k8snf as one file, with the whole of PowerShell in it, for registries that have that. Compiling it ahead would take minutes.
  case $(uname -m) in aarch64) rid=linux-arm64 ;; *) rid=linux-x64 ;; esac
  dotnet publish src/K8sNetfilter.Host -r "$rid" -p:PowerShellSdk=true -p:PublishReadyToRun=false "-p:PublishDir=$PWD/out/k8snf-sdk/" \
      -c Release -v quiet -clp:NoSummary >"$results/sdk.log" 2>&1 \
    || { rm -rf out/k8snf-sdk; grep -m3 error "$results/sdk.log"
         grep -q 'error NU' "$results/sdk.log" || { fail "k8snf with PowerShellSdk=true: it does not build"; }; } ;;
esac
for suite in Core Linux Module Host Kernel; do
  case "$wanted" in *" $suite "*) [ -n "$(ls tests/$suite.Tests/*.cs tests/$suite.Tests/*/*.cs 2>/dev/null | grep -v /obj/)" ] && xunit "$suite" ;; esac
done
case "$wanted" in *" Vm "*) if [ -x tests/vm/run.sh ]; then
  say "Virtual machine"
  # Its last line is "N passed, N failed, N skipped" too.
  tests/vm/run.sh 2>&1 | tee "$results/vm.log"
  grep -A3 '^FAIL' "$results/vm.log" | again "virtual machine"
  if read -r p _ f _ s _ < <(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$results/vm.log" | tail -1 | tr -d ,); then
    passed=$((passed + p)); failed=$((failed + f)); skipped=$((skipped + s))
  else
    fail "virtual machine: it gave no result"
  fi
fi ;; esac
case "$wanted" in *" Pester "*)
  say "Pester"
  if ! has_pester && ! powershell_from_packages; then
    skip Pester "pwsh with Pester 5.3 or later is not installed, and their packages cannot be had"
  else
    # The compliance suite is tried on a root that satisfies it: what this machine is, is not what is tested here. Each major version of
    # Pester has a process of its own.
    for version in $(pester_versions); do
      pwsh -NoProfile -c '"PowerShell $($PSVersionTable.PSVersion)"; Import-Module Pester -RequiredVersion '"$version"'
        $c = New-PesterConfiguration; $c.Run.PassThru = $true
        $c.Run.Container = (New-PesterContainer -Path tests/pester/Smoke.Tests.ps1), (New-PesterContainer -Path tests/pester/Objects.Tests.ps1),
          (New-PesterContainer -Path tests/pester/Samples.Tests.ps1),
          (New-PesterContainer -Path tests/pester/Compliance.Tests.ps1 -Data @{ ModulePath = "./K8sNetfilter.psd1"; Root = "tests/pester/node" })
        $r = Invoke-Pester -Configuration $c
        "PESTER $($r.PassedCount) $($r.FailedCount + $r.FailedContainersCount + $r.FailedBlocksCount) $($r.SkippedCount)"' | tee "$results/pester-$version.log"
      grep -A4 -F '[-]' "$results/pester-$version.log" | again "Pester $version"
      if read -r _ p f s < <(grep '^PESTER ' "$results/pester-$version.log"); then
        passed=$((passed + p)); failed=$((failed + f)); skipped=$((skipped + s))
      else
        fail "Pester $version: it gave no result"
      fi
    done
  fi ;;
esac
[ -s "$results/failed.txt" ] && { say "Failed, once more"; head -c 20000 "$results/failed.txt"; }
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
