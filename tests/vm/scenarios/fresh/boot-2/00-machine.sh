check "/etc was kept" grep -q "written in boot 1" /etc/vm-marker
