# What an init system does before services start, in its order: mounts, systemd-modules-load, systemd-sysctl. Then the scenarios of this
# boot, each check reported as one line on the second serial port; then power off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
exec </dev/null >/dev/console 2>&1
word() { sed -n "s/.*\<$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
repository=$(word vm.repository) machine=$(word vm.machine) boot=$(word vm.boot) program=$(word vm.program) tests=$(word vm.tests)
report=/dev/ttyS1
stty raw -echo <"$report" 2>/dev/null
say() { printf '%s\n' "$*" >"$report"; }

mount -t tmpfs -o mode=755 run /run
mkdir -p /run/lock /run/netns /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t securityfs securityfs /sys/kernel/security
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
hostname vm
ip link set lo up

# Files of the machine that are no part of /etc, such as those that packages bring in /usr/lib.
[ ! -d "$machine/root" ] || cp -dR "$machine/root/." /

# What is there before and after is kept for the scenarios: /run/vm/{modules-before,modules-after,sysctl-after}.
mkdir -p /run/vm
cut -d' ' -f1 /proc/modules >/run/vm/modules-before
/lib/systemd/systemd-modules-load
say "NOTE systemd-modules-load exited $?"
cut -d' ' -f1 /proc/modules >/run/vm/modules-after
/lib/systemd/systemd-sysctl
say "NOTE systemd-sysctl exited $?"
# What udev's rule for a new interface runs (99-systemd.rules).
for interface in $(ls /sys/class/net); do
  [ "$interface" = lo ] || /lib/systemd/systemd-sysctl --prefix="/net/ipv4/conf/$interface" --prefix="/net/ipv4/neigh/$interface" \
    --prefix="/net/ipv6/conf/$interface" --prefix="/net/ipv6/neigh/$interface"
done
sysctl -a >/run/vm/sysctl-after 2>/dev/null
say "NOTE $(uname -r) is up after $(cut -d' ' -f1 /proc/uptime) s"

# What a runtime does to be fast later, or safe from others, costs more under emulation than it gives.
export DOTNET_EnableWriteXorExecute=0 DOTNET_TieredPGO=0 DOTNET_TC_CallCountingDelayMs=20000 DOTNET_GCgen0size=0x4000000 DOTNET_gcConcurrent=0
export VM_REPORT=$report VM_KEPT=/vm-disk VM_REPOSITORY=$repository VM_BOOT=$boot
cd /root || cd /

# Shell scenarios report by these.
pass() { say "PASS $*"; }
fail() { say "FAIL $*"; }
check() { name=$1; shift; if detail=$("$@" 2>&1); then pass "$name"; else fail "$name: $(printf '%s' "$detail" | tr '\n' ' ')"; fi; }
# Runs the PowerShell scenarios of a folder in one process: the engine's start is the slow part here. engine FOLDER [PREFIX COMMAND…]
engine() {
  folder=$1; shift
  VM_SCENARIOS=$folder DOTNET_TieredPGO=0 "$@" "$program" -File "$repository/tests/vm/guest/run.ps1"
  code=$?
  # The script reports its failed checks itself; whatever else ends it is one more.
  [ "$code" -eq 0 ] || fail "$(basename "$folder"): k8snf exited $code"
  say "NOTE $(basename "$folder"): k8snf has ended after $(cut -d' ' -f1 /proc/uptime) s"
}

for scenario in "$machine/$boot"/*.sh; do
  [ -e "$scenario" ] || continue
  say "BEGIN $(basename "$scenario")"
  . "$scenario"
  say "END $(basename "$scenario")"
done
! ls "$machine/$boot"/*.ps1 >/dev/null 2>&1 || engine "$machine/$boot" env
say "DONE"
sync
mount -o remount,ro /etc 2>/dev/null
sync
echo o >/proc/sysrq-trigger
# Nothing may be started any more: its file system is gone before the machine is.
while :; do :; done
