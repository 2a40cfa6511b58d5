# The machine itself: what the other scenarios stand on.
check "Debian's modules are where its kernel looks for them" test -e "/lib/modules/$(uname -r)/modules.dep"
check "br_netfilter is not loaded" test ! -e /sys/module/br_netfilter
check "no net.bridge keys without it" test ! -e /proc/sys/net/bridge
check "modprobe loads it" modprobe br_netfilter
check "its keys start at 1" grep -qx 1 /proc/sys/net/bridge/bridge-nf-call-iptables
check "modprobe unloads it" modprobe -r br_netfilter bridge
check "br_netfilter is gone again" test ! -e /sys/module/br_netfilter
check "/etc is written to" sh -c 'echo "written in boot 1" >/etc/vm-marker'
