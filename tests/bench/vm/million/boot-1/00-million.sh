# The connection table's speed with a million entries, which only a machine's own network namespace may hold. Each figure is said as it
# comes: the last of them is half an hour away, and a machine that is stopped before has not worked for nothing.
modprobe nf_conntrack_netlink
echo 262144 >/sys/module/nf_conntrack/parameters/hashsize
sysctl -q -w net.netfilter.nf_conntrack_max=1100000
{ K8SNF=$program.dll bash "$repository/tests/bench/conntrack.sh" 1000000 3 2>&1; echo $? >/run/code; } |
  while IFS= read -r line; do say "NOTE $(cut -d. -f1 /proc/uptime) s: $line"; done
check "the figures are there" test "$(cat /run/code)" -eq 0
