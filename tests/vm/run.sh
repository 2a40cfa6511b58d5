#!/usr/bin/env bash
# A stock Debian kernel under qemu (software emulation), with this machine's file system read-only below it: real module loading, real
# reboots. README.md beside this file says how it is built and how to add to it.
#   bash tests/vm/run.sh              all machines
#   bash tests/vm/run.sh fresh        the machines named (folders of tests/vm/scenarios)
# Ends with "N passed, N failed, N skipped".
set -u
cd "$(dirname "$0")/../.."
repository=$PWD
here=$repository/tests/vm
work=$repository/out/vm
cache=${XDG_CACHE_HOME:-${HOME:-$repository/out}/.cache}/k8snetfilter-vm
boot_limit=${VM_BOOT_LIMIT:-300}          # seconds for one boot, start to power-off; a machine's file "limit" has its own
memory=${VM_MEMORY:-2048}                  # megabytes for one machine
scenarios=$(realpath "${VM_SCENARIOS:-$here/scenarios}")
mkdir -p "$work" "$cache"

finish() { printf '%s passed, %s failed, %s skipped\n' "$@"; [ "$2" -eq 0 ]; exit; }
skip_all() { echo "SKIPPED virtual machine: $1"; finish 0 0 1; }
fail_all() { echo "FAILED virtual machine: $1"; finish 0 1 0; }

# ---- what this needs -------------------------------------------------------------------------------------------------------------

[ "$(uname -m)" = x86_64 ] || skip_all "the guest runs this machine's own programs, so it needs an x86_64 machine, not $(uname -m)"
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || skip_all "the kernel comes from Debian's packages, and there is no apt-get here"

missing=()
while read -r command package; do command -v "$command" >/dev/null || [ -x "$command" ] || missing+=("$package"); done <<'TOOLS'
qemu-system-x86_64 qemu-system-x86
busybox busybox-static
cpio cpio
/sbin/depmod kmod
/sbin/mkfs.ext4 e2fsprogs
/lib/systemd/systemd-sysctl systemd
sysctl procps
ip iproute2
ipvsadm ipvsadm
TOOLS
if [ ${#missing[@]} -gt 0 ]; then
  [ "$(id -u)" -eq 0 ] || skip_all "not installed, and only root can install them: ${missing[*]}"
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"; } >"$work/apt.log" 2>&1 ||
    skip_all "installing ${missing[*]} failed: $(grep -m1 '^E:' "$work/apt.log")"
fi
PATH=$PATH:/usr/sbin:/sbin
# The first program of the guest has no libraries beside it.
ldd "$(command -v busybox)" >/dev/null 2>&1 && skip_all "busybox is not statically linked (Debian's package busybox-static is)"

# ---- the kernel ------------------------------------------------------------------------------------------------------------------

# The package that the newest stock kernel is in: the one that linux-image-amd64 depends on.
kernel_package() { LC_ALL=C apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -1; }

# Unpacks the package below the cache (it is not installed) and makes its module index. Whoever comes first does it.
prepare_kernel() (
  exec 9>"$cache/lock" && flock 9
  package=$(kernel_package)
  if [ -z "$package" ] && [ "$(id -u)" -eq 0 ]; then
    apt-get update -q >"$work/apt.log" 2>&1
    package=$(kernel_package)
  fi
  if [ -z "$package" ]; then
    # No package lists: the kernel of an earlier run will do.
    package=$(ls -1 "$cache" 2>/dev/null | grep '^linux-image-' | sort -V | tail -1)
    [ -n "$package" ] || { echo "apt knows no linux-image-amd64 (try apt-get update)"; return 1; }
  fi
  if [ ! -d "$cache/$package" ]; then
    unpacked=$cache/unpacking
    rm -rf "$unpacked" && mkdir -p "$unpacked" && cd "$unpacked" || return 1
    if ! apt-get download -q "$package" >"$work/apt.log" 2>&1; then
      # Package lists that have grown old name versions that are gone.
      { [ "$(id -u)" -eq 0 ] && apt-get update -q && apt-get download -q "$package"; } >>"$work/apt.log" 2>&1 ||
        { echo "apt-get download $package failed: $(grep -m1 '^E:' "$work/apt.log")"; return 1; }
    fi
    dpkg-deb -x ./*.deb . && rm ./*.deb || { echo "unpacking $package failed"; return 1; }
    mkdir -p lib && [ -d lib/modules ] || mv usr/lib/modules lib/modules
    depmod -b . "$(ls lib/modules)" || { echo "depmod failed"; return 1; }
    rm -rf "$cache"/linux-image-*
    mv "$unpacked" "$cache/$package"
  fi
  echo "$cache/$package"
)
kernel=$(prepare_kernel) || skip_all "no Debian kernel: $kernel"
release=$(ls "$kernel/lib/modules")

# ---- the initial RAM disk --------------------------------------------------------------------------------------------------------

ram=$work/initrd
rm -rf "$ram" && mkdir -p "$ram/bin" "$ram/modules"
cp "$(command -v busybox)" "$ram/bin/busybox"
install -m 755 "$here/guest/init" "$ram/init"
for module in virtio_pci virtio_blk 9pnet_virtio 9p overlay ext4 crc32c_generic; do
  modprobe -d "$kernel" -S "$release" -C /dev/null --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
  name=$(basename "$file"); name=${name%%.ko*}.ko
  case $file in *.xz) xz -dc "$file" ;; *.zst) zstd -dc "$file" ;; *) cat "$file" ;; esac >"$ram/modules/$name"
  echo "$name" >>"$ram/modules/order"
done
(cd "$ram" && find . | cpio --quiet -o -H newc) | gzip -1 >"$work/initrd.gz"

# ---- the program -----------------------------------------------------------------------------------------------------------------

# Compiled ahead of time it starts in a quarter of the time; a registry without that compiler leaves what the build made.
program=${VM_PROGRAM:-$work/k8snf/k8snf}
if [ -z "${VM_PROGRAM:-}" ]; then
  dotnet publish src/K8sNetfilter.Host -c Release -r linux-x64 --self-contained false -p:PublishReadyToRun=true -o "$work/k8snf" \
    -v quiet -clp:NoSummary >"$work/publish.log" 2>&1 || {
    echo "No ahead-of-time build: $(grep -m1 error "$work/publish.log")"
    program=$repository/src/K8sNetfilter.Host/bin/Release/net10.0/k8snf
    [ -x "$program" ] || fail_all "k8snf is not built: dotnet build -c Release"
  }
fi

# The guest runs suites of the kernel tests as they are: compiled ahead of time they take half as long.
tests=${VM_TESTS:-$work/kernel-tests}
if [ -z "${VM_TESTS:-}" ]; then
  dotnet publish tests/Kernel.Tests -c Release -r linux-x64 --self-contained false -p:PublishReadyToRun=true -o "$tests" \
    -v quiet -clp:NoSummary >"$work/publish-tests.log" 2>&1 || {
    tests=$repository/tests/Kernel.Tests/bin/Release/net10.0
    [ -f "$tests/Kernel.Tests.dll" ] || dotnet build tests/Kernel.Tests -c Release -v quiet -clp:NoSummary >"$work/build.log" 2>&1 ||
      fail_all "Kernel.Tests is not built: $(grep -m1 error "$work/build.log")"
  }
fi

# ---- a machine: a folder of scenarios --------------------------------------------------------------------------------------------

# The disk holds /etc: this machine's, without its secrets and without what sets up modules and sysctls, then what the scenarios bring.
make_disk() {
  local machine=$1 stage=$work/$1/stage
  rm -rf "$stage" && mkdir -p "$stage/etc" "$stage/kept"
  tar -C /etc -c --ignore-failed-read --exclude=./sysctl.conf --exclude=./sysctl.d --exclude=./modules --exclude=./modules-load.d \
    --exclude=./modprobe.d --exclude='./*shadow*' --exclude=./ssh --exclude=./ssl/private --exclude=./fstab --exclude=./crypttab . 2>/dev/null |
    tar -C "$stage/etc" -x 2>/dev/null
  mkdir -p "$stage"/etc/{sysctl.d,modules-load.d,modprobe.d}
  [ ! -d "$scenarios/$machine/etc" ] || cp -a "$scenarios/$machine/etc/." "$stage/etc/"
  rm -f "$work/$machine/disk.img"
  mkfs.ext4 -q -F -d "$stage" "$work/$machine/disk.img" 96M && rm -rf "$stage"
}

# Boots once; everything that the guest says goes to files.
boot() {
  local machine=$1 boot=$2 folder=$work/$1 append
  append="console=ttyS0 quiet loglevel=4 panic=-1 net.ifnames=0 vm.repository=$repository vm.program=$program vm.tests=$tests vm.boot=$boot"
  append+=" vm.modules=$kernel/lib/modules/$release vm.machine=$scenarios/$machine"
  append+=" $(cat "$scenarios/$machine/cmdline" 2>/dev/null)"
  timeout --foreground -k 5 "$limit" qemu-system-x86_64 -accel "${VM_ACCEL:-tcg,tb-size=512}" -cpu "${VM_CPU:-max}" -smp "${VM_CPUS:-1}" \
    -m "$memory" -nodefaults -display none -nic none -no-reboot \
    -kernel "$kernel/boot/vmlinuz-$release" -initrd "$work/initrd.gz" -append "$append" \
    -serial "file:$folder/$boot.console.log" -serial "file:$folder/$boot.report.log" \
    -drive "file=$folder/disk.img,if=virtio,format=raw" \
    -fsdev local,id=machine,path=/,security_model=none,readonly=on,multidevs=remap \
    -device virtio-9p-pci,fsdev=machine,mount_tag=machine >"$folder/$boot.qemu.log" 2>&1 </dev/null &
  emulator=$!
  wait "$emulator"
}

# Runs a machine's boots one after the other, and writes what is to be printed about it.
run_machine() {
  local machine=$1 folder=$work/$1 boot code report emulator= limit
  limit=${VM_BOOT_LIMIT:-$(cat "$scenarios/$1/limit" 2>/dev/null || echo "$boot_limit")}
  trap '[ -z "$emulator" ] || kill "$emulator"; exit 1' TERM
  rm -rf "$folder" && mkdir -p "$folder"
  make_disk "$machine" >"$folder/disk.log" 2>&1 || { echo "FAIL $machine: no disk: $(tail -1 "$folder/disk.log")"; return; }
  for boot in $(cd "$scenarios/$machine" && ls -d boot-* | sort -V); do
    boot "$machine" "$boot"; code=$?
    report=$folder/$boot.report.log
    tr -d '\r\000' <"$report" | sed -E "s%^(PASS|FAIL|SKIP|NOTE|BEGIN) %\1 $machine/$boot: %"
    if ! grep -q '^DONE' "$report"; then
      [ $code -eq 124 ] && why="hung for $limit s" || why="ended early (qemu exited $code): panic, or the guest stopped"
      echo "FAIL $machine/$boot: the machine $why, after: $(tr -d '\r\000' <"$report" | tail -1)"
      echo "--- the end of its console"; tr -d '\000' <"$folder/$boot.console.log" | tail -60
      sed 's/^/qemu: /' "$folder/$boot.qemu.log"; echo "---"
      return
    fi
    grep -qE '^(PASS|FAIL)' "$report" || echo "FAIL $machine/$boot: it made no check"
    if grep -a -qE 'BUG:|Oops|general protection|Kernel panic|WARNING: CPU' "$folder/$boot.console.log"; then
      echo "FAIL $machine/$boot: the kernel complained"; grep -a -E -A12 'BUG:|Oops|general protection|Kernel panic|WARNING: CPU' "$folder/$boot.console.log" | head -40
    fi
  done
}

machines=("$@")
# The one that may take longest comes first, so that no processor waits for it alone at the end.
[ $# -gt 0 ] || machines=($(cd "$scenarios" && for m in */; do echo "$(cat "$m/limit" 2>/dev/null || echo 0) ${m%/}"; done | sort -k1,1nr -k2,2 | cut -d' ' -f2))
echo "Debian's $release, $(qemu-system-x86_64 --version | head -1), machines: ${machines[*]}"

# Ctrl-C leaves no machine behind.
trap 'kill $(jobs -rp) 2>/dev/null; exit 130' INT TERM

# Two at a time: one emulated machine keeps one processor busy.
for machine in "${machines[@]}"; do
  [ -d "$scenarios/$machine" ] || fail_all "no such machine: $machine"
  while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
  run_machine "$machine" >"$work/$machine.log" 2>&1 &
done
wait
logs=("${machines[@]/#/$work/}"); logs=("${logs[@]/%/.log}")
cat "${logs[@]}" | grep -v -e '^END' -e '^DONE'
count() { cat "${logs[@]}" | grep -c "^$1 "; }
finish "$(count PASS)" "$(count FAIL)" "$(count SKIP)"
