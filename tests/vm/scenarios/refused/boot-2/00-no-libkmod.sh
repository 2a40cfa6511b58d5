# A node that has modprobe and rmmod, but not the library that they are made of.
rm -f /usr/lib/x86_64-linux-gnu/libkmod.so*
check "modprobe works without libkmod.so" modprobe -n dummy
