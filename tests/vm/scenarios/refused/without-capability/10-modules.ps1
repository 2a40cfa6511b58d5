Check 'without CAP_SYS_MODULE: the scenario is what it says' {
    $line = (Read-Text /proc/self/status).Split("`n") | Where-Object { $_ -like 'CapEff:*' }
    Equal ([Convert]::ToUInt64($line.Substring(7).Trim(), 16) -band 0x10000) 0 'CAP_SYS_MODULE'
}
Check 'without CAP_SYS_MODULE: loading names the capability' { Fails { Enable-KernelModule -Name ifb } ModuleNotPermitted CAP_SYS_MODULE }
Check 'without CAP_SYS_MODULE: unloading names the capability' {
    Fails { Disable-KernelModule -Name dummy -Confirm:$false } ModuleNotPermitted CAP_SYS_MODULE
}
Check 'without CAP_SYS_MODULE: what failed is not persisted' {
    Fails { Enable-KernelModule -Name ifb -Persist } ModuleNotPermitted
    True (-not (Test-There /etc/modules-load.d/k8s.conf)) 'the file was written'
}
Check 'without CAP_SYS_MODULE: what is loaded is a success, and can be persisted' {
    Work { Enable-KernelModule -Name dummy -Persist -Path /etc/modules-load.d/dummy.conf }
    Match (Read-Text /etc/modules-load.d/dummy.conf) '(?m)^dummy$' 'the file'
}
Check 'without CAP_SYS_MODULE: reading works' { Equal (Work { Get-KernelModule -Name dummy }).State Loaded 'State' }
