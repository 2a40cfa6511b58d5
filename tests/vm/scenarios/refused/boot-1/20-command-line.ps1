# A node whose kernel command line keeps br_netfilter out: it can't be made ready without another boot.
Check 'br_netfilter is blocked, by the command line' {
    $module = Work { Get-KernelModule -Name br_netfilter }
    Equal $module.State Blocked 'State'
    Equal $module.BlockedBy '/proc/cmdline' 'BlockedBy'
}
Check 'the error says where it is blocked' {
    Fails { Enable-KernelModule -Name br_netfilter -Persist } ModuleBlockedOnCommandLine 'module_blacklist='
    True (-not (Test-There /etc/modules-load.d/k8s.conf)) 'the file was written'
}
Check 'the node is not ready, and the reasons say what keeps it so' {
    $node = Work { Get-NodeBridgeNetfilter }
    Equal "$($node.Ready) $($node.BrNetfilter) $($node.BrNetfilterAtBoot)" 'False Blocked False' 'Ready, BrNetfilter, BrNetfilterAtBoot'
    Match "$($node.Reasons)" '/proc/cmdline|module_blacklist' 'Reasons'
}
