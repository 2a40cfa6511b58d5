#!/usr/bin/env bash
# The README's test command: installs what is missing (Debian packages, when root), builds, runs every suite, and ends with one
# line "N passed, N failed, N skipped". A suite is skipped only with a reason. Suites run side by side: each says what it says when it has ended.
#   bash tests/run.sh            all suites
#   bash tests/run.sh Core Vm    the suites named
# Each stage is a process group of its own, so that all that it started ends with it.
set -u -m
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
results=out/test-results
rm -rf "$results" && mkdir -p "$results"
wanted=" ${*:-Core Linux Module Host Kernel Vm Pester} "
wants() { case "$wanted" in *" $1 "*) true ;; *) false ;; esac; }

say() { printf '\n== %s\n' "$1"; }
# In a stage: what it counts, and what failed in it. Failures are repeated before the last line, so that the end of a
# long log shows their names and messages.
count() { echo "$1 $2 $3" >>"$results/$stage.counts"; }
again() { sed "s/^/$1: /" >>"$results/$stage.failed"; }
fail() { count 0 1 0; echo "FAILED $1" | tee -a "$results/$stage.failed"; }
skip() { count 0 0 1; printf 'SKIPPED %s: %s\n' "$1" "$2"; }

# ---- stages side by side ---------------------------------------------------------------------------------------------------------

declare -A running=() began=()
# Starts a stage: begin NAME COMMAND ...
begin() {
  began[$1]=$SECONDS
  (stage=$1; shift; "$@"; touch "$results/$stage.ended") >"$results/$1.out" 2>&1 </dev/null &
  running[$!]=$1
}
# Waits for the next stage to end, shows all that it said, and names it in $stage.
next() {
  local ended
  wait -n -p ended "${!running[@]}"
  stage=${running[$ended]}
  unset "running[$ended]"
  say "$stage, $((SECONDS - began[$stage])) s"
  cat "$results/$stage.out"
  [ -e "$results/$stage.ended" ] || fail "$stage: it was stopped"
}
# Ctrl-C, or being killed, leaves no process behind.
end_all() {
  trap '' INT TERM
  for group in "${!running[@]}"; do kill -TERM -- "-$group" 2>/dev/null; done
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    local left=0
    for group in "${!running[@]}"; do kill -0 -- "-$group" 2>/dev/null && left=1; done
    [ $left -eq 0 ] && exit 130
    sleep 0.5
  done
  for group in "${!running[@]}"; do kill -KILL -- "-$group" 2>/dev/null; done
  exit 130
}
trap end_all INT TERM HUP

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
  dotnet "tests/$name.Tests/bin/Release/net10.0/$name.Tests.dll" -noLogo -result-xml "$xml" | grep -v -E '^\s*$' | tee "$results/$name.log"
  sed -n '/\[FAIL\]/,/Stack Trace:/p' "$results/$name.log" | again "$name.Tests"
  counts=$(grep -o -m1 '<assembly [^>]*>' "$xml" 2>/dev/null)
  number() { printf '%s' "$counts" | sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p"; }
  if [ -z "$counts" ] || [ "$(number total)" = 0 ]; then
    fail "$name.Tests: it reported no tests"; return
  fi
  count "$(number passed)" $(($(number failed) + $(number errors))) "$(number skipped)"
}

# What no suite needs to build: short ones, one after the other.
short_suites() { for suite in Core Linux Module; do if wants $suite; then echo "-- $suite.Tests"; xunit $suite; fi; done; }

# The programs that several suites run, made once. Compiled ahead of time k8snf starts in half the time, and the guest's suites take half as long;
# a registry without that compiler leaves what the build made.
case $(uname -m) in aarch64) rid=linux-arm64 ;; *) rid=linux-x64 ;; esac
publish() { dotnet publish "$@" -c Release -r "$rid" -v quiet -clp:NoSummary; }
make_programs() {
  publish src/K8sNetfilter.Host --self-contained false -p:PublishReadyToRun=true -o out/k8snf-tests >"$results/publish.log" 2>&1 \
    || { rm -rf out/k8snf-tests; echo "k8snf is not compiled ahead of time: $(grep -m1 error "$results/publish.log")"; }
  wants Vm || return 0
  publish tests/Kernel.Tests --self-contained false -p:PublishReadyToRun=true -o out/kernel-tests >"$results/publish-kernel.log" 2>&1 \
    || { rm -rf out/kernel-tests; echo "Kernel.Tests is not compiled ahead of time: $(grep -m1 error "$results/publish-kernel.log")"; }
}

# The Host suite imports the package into an engine of its own. Making one downloads a compiler: without a network its tests are skipped.
make_packages() {
  # The examples of the help are run in PowerShell too.
  has_pester || (powershell_from_packages) || echo "pwsh can't be had from its package: its tests are skipped."
  wants Host || return 0
  dotnet build K8sNetfilter.sln -t:Package -c Release -v quiet -clp:NoSummary >"$results/package.log" 2>&1 \
    || { rm -rf out/K8sNetfilter; grep -m3 error "$results/package.log"
         grep -q 'error NU' "$results/package.log" || fail "package: it cannot be made"; }
  # k8snf as one file, and the small one without the rest of PowerShell. Compiling them ahead would take minutes.
  publish src/K8sNetfilter.Host -p:PublishReadyToRun=false "-p:PublishDir=$PWD/out/k8snf-one/" >"$results/one.log" 2>&1 \
    || { rm -rf out/k8snf-one; grep -m3 error "$results/one.log"; fail "k8snf as one file: it does not build"; }
  publish src/K8sNetfilter.Host -p:PowerShellSdk=false -p:PublishReadyToRun=false "-p:PublishDir=$PWD/out/k8snf-small/" >"$results/small.log" 2>&1 \
    || { rm -rf out/k8snf-small; grep -m3 error "$results/small.log"; fail "k8snf with PowerShellSdk=false: it does not build"; }
}

# The newest version of each major one from 5.3 on, where pwsh and Pester are installed.
pester_versions() {
  command -v pwsh >/dev/null && pwsh -NoProfile -c '(Get-Module -ListAvailable Pester | Where-Object Version -ge 5.3 | Group-Object { $_.Version.Major } |
    ForEach-Object { ($_.Group.Version | Sort-Object)[-1] }) -join " "'
}
has_pester() { [ -n "$(pester_versions)" ]; }

# Where PowerShell or Pester is not installed, both come from the package registry, for this run alone. They are built once.
powershell_from_packages() {
  local folder=$PWD/tests/support/PowerShell/bin/Release/net10.0
  [ -e "$results/powershell.log" ] || dotnet build tests/support/PowerShell -c Release -v quiet -clp:NoSummary >"$results/powershell.log" 2>&1 \
    || { grep -m3 error "$results/powershell.log"; return 1; }
  export PATH="$folder:$PATH" PSModulePath="$folder/Modules" POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off
  has_pester
}

virtual_machine() {
  # Its last line is "N passed, N failed, N skipped" too. It shares the processors with other suites, so that a boot may take longer.
  [ -x out/k8snf-tests/k8snf ] && export VM_PROGRAM=$PWD/out/k8snf-tests/k8snf
  [ -f out/kernel-tests/Kernel.Tests.dll ] && export VM_TESTS=$PWD/out/kernel-tests
  VM_BOOT_LIMIT=${VM_BOOT_LIMIT:-1800} tests/vm/run.sh 2>&1 | tee "$results/vm.log"
  grep -A3 '^FAIL' "$results/vm.log" | again "virtual machine"
  if read -r p _ f _ s _ < <(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$results/vm.log" | tail -1 | tr -d ,); then
    count "$p" "$f" "$s"
  else
    fail "virtual machine: it gave no result"
  fi
}

host_suite() {
  [ -x out/k8snf-tests/k8snf ] && export K8SNF_PROGRAM=$PWD/out/k8snf-tests/k8snf
  xunit Host
}

pester() {
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
        count "$p" "$f" "$s"
      else
        fail "Pester $version: it gave no result"
      fi
    done
  fi
}

# ---- the run ---------------------------------------------------------------------------------------------------------------------

install_tools
say "Build"
dotnet build K8sNetfilter.sln -c Release -v quiet -clp:NoSummary || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }

# What waits (Kernel: traffic and time-outs) runs beside what computes (Vm: an emulated processor).
! wants Kernel || begin Kernel xunit Kernel
if wants Vm || wants Host; then begin programs make_programs; elif wants Pester; then begin packages make_packages; fi
if wants Core || wants Linux || wants Module; then begin short short_suites; fi
while [ ${#running[@]} -gt 0 ]; do
  next
  case $stage in
    programs)
      ! wants Vm || begin Vm virtual_machine
      if wants Host || wants Pester; then begin packages make_packages; fi ;;
    packages)
      ! wants Host || begin Host host_suite
      ! wants Pester || begin Pester pester ;;
  esac
done

read -r passed failed skipped < <(cat "$results"/*.counts 2>/dev/null | awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')
if [ -n "$(cat "$results"/*.failed 2>/dev/null)" ]; then say "Failed, once more"; cat "$results"/*.failed | head -c 20000; fi
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
