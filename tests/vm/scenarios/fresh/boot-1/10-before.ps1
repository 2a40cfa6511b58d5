# A node as its installer left it: br_netfilter is not loaded, and the boot files hold every kind of line.
. "$PSScriptRoot/../predictions.ps1"

function State([string] $Name, [string] $State, $LoadsAtBoot, $BootSource, $BlockedBy) {
    $module = Work { Get-KernelModule -Name $Name }
    Equal $module.State $State "$Name's State"
    Equal $module.LoadsAtBoot $LoadsAtBoot "$Name's LoadsAtBoot"
    Equal $module.BootSource $BootSource "$Name's BootSource"
    Equal $module.BlockedBy $BlockedBy "$Name's BlockedBy"
}

Check 'a module that a file names is loaded' { State dummy Loaded $true '/etc/modules-load.d/modules.conf:2' $null }
Check 'a dash in the file, an underscore in the kernel' { State nf_conntrack Loaded $true '/etc/modules-load.d/10-vm.conf:4' $null }
Check 'a module of the running kernel itself' { State ipv6 BuiltIn $true '/etc/modules-load.d/10-vm.conf:11' $null }
Check 'a blacklist blocks' { State sctp Blocked $false '/etc/modules-load.d/10-vm.conf:5' '/etc/modprobe.d/vm.conf:2' }
Check 'install /bin/false blocks' { State vxlan Blocked $false '/etc/modules-load.d/10-vm.conf:6' '/etc/modprobe.d/vm.conf:4' }
Check 'the kernel command line blocks' { State dccp Blocked $false '/etc/modules-load.d/10-vm.conf:7' '/proc/cmdline' }
Check 'a module that is not there' { State no_such_module Missing $false '/etc/modules-load.d/10-vm.conf:8' $null }
Check 'a trailing comment spoils its line' { State macvlan Loaded $true '/run/modules-load.d/45-run.conf:1' $null }
Check 'the kernel command line asks for a module' { State macsec Loaded $true '/proc/cmdline' $null }
Check 'an install command that nobody can foresee' { Equal (Work { Get-KernelModule -Name zram }).LoadsAtBoot $null 'LoadsAtBoot' }
Check 'a file masked by a link to /dev/null names nothing' { State rds Available $false $null $null }
Check 'a file replaced by one in /etc names nothing' { State bonding Available $false $null $null }
Check 'a carriage return is no part of a name' { State sit Loaded $true '/etc/modules-load.d/50-crlf.conf:1' $null }
Check 'br_netfilter can be loaded, and nothing will' { State br_netfilter Available $false $null $null }
Check 'the module needs what Debian says it needs' { Equal ((Work { Get-KernelModule -Name br_netfilter }).DependsOn -join ' ') 'bridge stp llc' 'DependsOn' }

Check 'this boot is as it would have been foretold: modules' {
    $wrong = @(Compare-ModulePrediction (Get-ModulePrediction))
    True (-not $wrong) ($wrong -join '; ')
}
Check 'this boot is as it would have been foretold: sysctls' {
    $wrong = @(Compare-SysctlPrediction (Get-SysctlPrediction BootValue) (Read-BootSysctls))
    True (-not $wrong) ($wrong -join '; ')
}

Check 'the node is not ready, and the reasons name br_netfilter' {
    $node = Work { Get-NodeBridgeNetfilter }
    Equal $node.Ready $false 'Ready'
    Equal "$($node.ReadyNow) $($node.ReadyAtBoot)" 'False False' 'ReadyNow and ReadyAtBoot'
    Match "$($node.Reasons)" 'Enable-KernelModule br_netfilter' 'Reasons'
}
Check 'a net.bridge key without its module: the error names the command' {
    Fails { Set-NodeSysctl -Name net.bridge.bridge-nf-call-iptables -Value 1 } 'SysctlNeedsModule' 'Enable-KernelModule.*br_netfilter'
}
Check 'and so does the error of reading it' {
    Fails { Get-NodeSysctl -Name net.bridge.bridge-nf-call-iptables } 'SysctlWithoutModule' 'Enable-KernelModule.*br_netfilter'
}
Check 'a file sets a net.bridge key, and it is said that this has no effect' {
    $sysctl = Work { Get-NodeSysctl -Name net.bridge.bridge-nf-call-arptables }
    Equal $sysctl.Value $null 'Value'
    Match $sysctl.Reason 'br_netfilter' 'Reason'
}
