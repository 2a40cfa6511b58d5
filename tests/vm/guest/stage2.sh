# What an init system does before services start, in its order: mounts, systemd-modules-load, systemd-sysctl. Then the scenarios of this
# boot, each check reported as one line on the second serial port; then power off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
exec </dev/null >/dev/console 2>&1
word() { sed -n "s/.*\<$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
repository=$(word vm.repository) scenarios=$(word vm.scenarios) program=$(word vm.program)
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

/lib/systemd/systemd-modules-load
say "NOTE systemd-modules-load exited $?"
/lib/systemd/systemd-sysctl
say "NOTE systemd-sysctl exited $?"
say "NOTE $(uname -r) is up after $(cut -d' ' -f1 /proc/uptime) s"

export VM_REPORT=$report VM_KEPT=/vm-disk VM_REPOSITORY=$repository VM_BOOT=$(word vm.boot)
cd /root || cd /

# Shell scenarios report by these.
pass() { say "PASS $*"; }
fail() { say "FAIL $*"; }
check() { name=$1; shift; if detail=$("$@" 2>&1); then pass "$name"; else fail "$name: $(printf '%s' "$detail" | tr '\n' ' ')"; fi; }
for scenario in "$scenarios"/*.sh; do
  [ -e "$scenario" ] || continue
  say "BEGIN $(basename "$scenario")"
  . "$scenario"
  say "END $(basename "$scenario")"
done

if ls "$scenarios"/*.ps1 >/dev/null 2>&1; then
  # One process for all of them: the engine's start is the slow part here.
  VM_SCENARIOS=$scenarios "$program" -File "$repository/tests/vm/guest/run.ps1"
  say "NOTE k8snf exited $? after $(cut -d' ' -f1 /proc/uptime) s"
fi
say "DONE"
sync
mount -o remount,ro /etc 2>/dev/null
sync
echo o >/proc/sysrq-trigger
# Nothing may be started any more: its file system is gone before the machine is.
while :; do :; done
