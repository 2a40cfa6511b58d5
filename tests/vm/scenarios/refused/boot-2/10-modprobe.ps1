function Loaded([string] $Name) { Test-There "/sys/module/$Name/initstate" }
Check 'without libkmod: loading' { Equal (Work { Enable-KernelModule -Name ipip -PassThru }).State Loaded 'State'; True (Loaded ipip) 'ipip is not loaded' }
Check 'without libkmod: with parameters' {
    Work { Enable-KernelModule -Name brd -Parameter @{ rd_nr = 2 } }
    Equal (Read-Text /sys/module/brd/parameters/rd_nr) 2 'rd_nr'
}
Check 'without libkmod: unloading takes out what was named' {
    Work { Disable-KernelModule -Name ipip -Confirm:$false }
    True (-not (Loaded ipip)) 'ipip is still loaded'
    True (Loaded ip_tunnel) 'ip_tunnel went with it'
}
Check 'without libkmod: in use' { Work { Enable-KernelModule -Name geneve }; Fails { Disable-KernelModule -Name udp_tunnel -Confirm:$false } ModuleInUse geneve }
Check 'without libkmod: a blacklist' { Fails { Enable-KernelModule -Name sctp } ModuleBlacklisted 'vm\.conf:1' }
Check 'without libkmod: install /bin/false' { Fails { Enable-KernelModule -Name vxlan } ModuleInstallCommandBlocks 'vm\.conf:2' }
Check 'without libkmod: the kernel command line' { Fails { Enable-KernelModule -Name br_netfilter } ModuleBlockedOnCommandLine }
Check 'without libkmod: a file that is no module' {
    [IO.File]::WriteAllText("/lib/modules/$(Read-Text /proc/sys/kernel/osrelease)/kernel/drivers/net/nlmon.ko", 'not a module')
    Fails { Enable-KernelModule -Name nlmon } ModuleWrongFormat
}
Check 'without libkmod: no more modules until the next boot' {
    [IO.File]::WriteAllText('/proc/sys/kernel/modules_disabled', '1')
    Fails { Enable-KernelModule -Name ifb } ModuleLoadingDisabled
}
