# A node that a baseline's every kind of requirement finds wrong: what /etc brings, and this.
check "a bridge with a port" sh -c 'ip link add br0 type bridge && ip link add v0 type veth peer name v1 && ip link set v0 master br0 && ip link set br0 up'
check "the module that is unwanted is loaded" test -e /sys/module/dummy
check "br_netfilter is not loaded" test ! -e /sys/module/br_netfilter
