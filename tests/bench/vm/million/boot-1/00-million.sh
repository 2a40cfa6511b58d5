# The connection table's speed with a million entries, which only a machine's own network namespace may hold.
modprobe nf_conntrack_netlink
echo 262144 >/sys/module/nf_conntrack/parameters/hashsize
sysctl -q -w net.netfilter.nf_conntrack_max=1100000
bash "$repository/tests/bench/conntrack.sh" 1000000 3 >/run/bench 2>&1
code=$?
while read -r line; do say "NOTE $line"; done </run/bench
check "the figures are there" test $code -eq 0
