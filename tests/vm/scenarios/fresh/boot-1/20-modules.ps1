# Loading and unloading, for now and for the next boot.
$file = '/etc/modules-load.d/k8s.conf'
function Loaded([string] $Name) { Test-There "/sys/module/$Name/initstate" }

Check '-WhatIf loads nothing and writes nothing' {
    $said = Work { Enable-KernelModule -Name br_netfilter -Persist -WhatIf }
    Equal $said $null 'the output'
    True (-not (Loaded br_netfilter)) 'it was loaded'
    True (-not (Test-There $file)) 'the file was written'
}
Check 'both modules of the Kubernetes documentation, loaded and persisted' {
    $modules = @(Work { Enable-KernelModule -Name overlay, br_netfilter -Persist -PassThru })
    Equal ($modules.Name -join ' ') 'overlay br_netfilter' 'the names'
    Equal ($modules.State -join ' ') 'Loaded Loaded' 'the states'
    Equal ($modules.LoadsAtBoot -join ' ') 'True True' 'LoadsAtBoot'
    Equal ($modules.BootSource[1].File) $file 'BootSource'
    True (Loaded br_netfilter) 'the kernel has no br_netfilter'
    True (Test-There /proc/sys/net/bridge/bridge-nf-call-iptables) 'there are no net.bridge keys'
}
Check 'the file is one that systemd-modules-load reads' {
    $names = (Read-Text $file).Split("`n") | Where-Object { $_ -and $_ -notmatch '^[#;]' }
    Equal ($names -join ' ') 'overlay br_netfilter' 'the names in it'
}
Check 'a second time changes nothing and says so' {
    $before = [IO.File]::GetLastWriteTimeUtc($file)
    $said = Capture { Enable-KernelModule -Name overlay, br_netfilter -Persist -Verbose }
    Equal $said.Errors.Count 0 'errors'
    Equal $said.Output.Count 0 'output'
    Match ($said.Verbose -join "`n") 'br_netfilter' 'the verbose text'
    Equal ([IO.File]::GetLastWriteTimeUtc($file)) $before 'the time of the file'
}
Check 'a built-in module is a success with nothing done' { Equal (Work { Enable-KernelModule -Name ipv6 -PassThru }).State BuiltIn 'State' }

Check 'a module that another needs stays, and the error names that one' {
    Fails { Disable-KernelModule -Name bridge -Confirm:$false } ModuleInUse 'br_netfilter'
    True (Loaded bridge) 'bridge is gone'
}
Check 'a module that a mount holds stays' { Fails { Disable-KernelModule -Name overlay -Confirm:$false } ModuleInUseByOthers 'overlay' }
Check 'unloading' {
    Work { Disable-KernelModule -Name br_netfilter -Confirm:$false }
    True (-not (Loaded br_netfilter)) 'it is still there'
    Match (Read-Text $file) '(?m)^br_netfilter$' 'the file, which nobody asked to change,'
    Work { Enable-KernelModule -Name br_netfilter }
    True (Loaded br_netfilter) 'it did not come back'
}
Check 'unloading for now only' { Work { Disable-KernelModule -Name macsec -Confirm:$false }; True (-not (Loaded macsec)) 'it is still there' }
Check 'unloading what is not loaded is nothing to do' { Work { Disable-KernelModule -Name bonding -Confirm:$false } }
Check 'what is built in stays' { Fails { Disable-KernelModule -Name ipv6 -Confirm:$false } ModuleBuiltIn }
Check 'by an alias of modprobe.d' {
    Work { Disable-KernelModule -Name nlmon -Confirm:$false }
    Equal (Work { Enable-KernelModule -Name vm-other-name -PassThru }).Name nlmon 'Name'
    True (Loaded nlmon) 'nlmon is not loaded'
}
Check 'with parameters, now and at boot' {
    Work { Disable-KernelModule -Name brd -Confirm:$false }
    Work { Enable-KernelModule -Name brd -Parameter @{ rd_nr = 2; rd_size = 1024 } -Persist }
    Equal (Read-Text /sys/module/brd/parameters/rd_nr) 2 'rd_nr'
    Equal (Read-Text /sys/module/brd/parameters/rd_size) 1024 'rd_size'
}
Check 'another parameter of a loaded module is not silently lost' {
    Fails { Enable-KernelModule -Name brd -Parameter @{ rd_nr = 5 } } ModuleParameterNotApplied 'rd_nr'
}
Check 'a parameter that can not be proven is said to be so' {
    Work { Disable-KernelModule -Name brd -Confirm:$false }
    $said = Capture { Enable-KernelModule -Name brd -Parameter @{ no_such_parameter = 5; rd_nr = 2 } }
    Equal $said.Errors.Count 0 "errors ($($said.Errors))"
    Match ($said.Warnings -join "`n") '^[^\n]*no_such_parameter[^\n]*$' 'the warnings'
}
Check 'a value that the kernel changed is said to be so' {
    Work { Disable-KernelModule -Name brd -Confirm:$false }
    $said = Capture { Enable-KernelModule -Name brd -Parameter @{ max_part = 3 } }
    Equal $said.Errors.Count 0 "errors ($($said.Errors))"
    Match ($said.Warnings -join "`n") '^[^\n]*max_part=3[^\n]* 4\.$' 'the warnings'
}
Check 'a packaged file that names a module is stood in for, not edited' {
    $said = Capture { Disable-KernelModule -Name geneve -Persist -Confirm:$false }
    Equal $said.Errors.Count 0 "errors ($($said.Errors))"
    Equal (Read-Text /usr/lib/modules-load.d/30-vendor.conf) geneve 'the packaged file'
    True (Test-There /etc/modules-load.d/30-vendor.conf) 'nothing in /etc stands in for it'
    Equal (Work { Get-KernelModule -Name geneve }).LoadsAtBoot $false 'LoadsAtBoot'
}
Check 'a line is taken out, the rest of its file stays byte for byte' {
    $lines = [IO.File]::ReadAllText('/etc/modules-load.d/10-vm.conf')
    Work { Disable-KernelModule -Name nf_conntrack -Persist -Confirm:$false }
    Equal ([IO.File]::ReadAllText('/etc/modules-load.d/10-vm.conf')) $lines.Replace("nf-conntrack`n", '') '10-vm.conf'
    Work { Disable-KernelModule -Name sit -Persist -Confirm:$false }
    Work { Disable-KernelModule -Name dummy -Persist -Confirm:$false }
    Equal (Read-Text /etc/modules) '# As Debian''s kmod has it: modules-load.d/modules.conf is a link to this file.' '/etc/modules'
}

Check 'a module in use is not taken out of its file either' {
    $lines = [IO.File]::ReadAllText('/run/modules-load.d/45-run.conf')
    Fails { Disable-KernelModule -Name macvlan -Persist -Confirm:$false } ModuleInUse macvtap
    Equal ([IO.File]::ReadAllText('/run/modules-load.d/45-run.conf')) $lines '45-run.conf'
}

Check 'a blacklisted module' { Fails { Enable-KernelModule -Name sctp -Persist } ModuleBlacklisted '/etc/modprobe.d/vm\.conf:2' }
Check 'a module with install /bin/false' { Fails { Enable-KernelModule -Name vxlan } ModuleInstallCommandBlocks '/etc/modprobe.d/vm\.conf:4' }
Check 'a module that the kernel command line blocks' { Fails { Enable-KernelModule -Name dccp } ModuleBlockedOnCommandLine 'module_blacklist=' }
Check 'a module that this kernel does not have' {
    Fails { Enable-KernelModule -Name no_such_module } ModuleNotFoundInPackage "apt.*linux-image|$([Environment]::OSVersion.Version)"
}
Check 'a name that is none' { Fails { Enable-KernelModule -Name "br_netfilter`nsctp" -Persist } ModuleNameInvalid }
Check 'a failure among several does not keep the others' {
    $said = Capture { Enable-KernelModule -Name no_such_module, tipc, vxlan }
    Equal (($said.Errors | ForEach-Object { ($_.FullyQualifiedErrorId -split ',')[0] }) -join ' ') 'ModuleNotFoundInPackage ModuleInstallCommandBlocks' 'the errors'
    True (Loaded tipc) 'tipc is not loaded'
}
Check 'a failure writes nothing' { True ((Read-Text $file) -notmatch 'sctp|vxlan|no_such') 'a failed module is in the file' }
