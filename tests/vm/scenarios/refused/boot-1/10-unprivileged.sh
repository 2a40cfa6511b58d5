# The same program without CAP_SYS_MODULE, as in a container.
modprobe dummy
engine "$machine/without-capability" setpriv --bounding-set=-sys_module --inh-caps=-sys_module
modprobe -r dummy
