# What the next boot will do, as it is told now.
. "$PSScriptRoot/../predictions.ps1"
Check 'the next boot is foretold: modules' {
    $notes = Get-ModulePrediction
    True ($notes.Count -gt 40) "only $($notes.Count) modules"
    Equal $notes['br_netfilter'] $true 'br_netfilter'
    Save-Note modules $notes
}
Check 'the next boot is foretold: sysctls' {
    $notes = Get-SysctlPrediction BootValue
    True ($notes.Count -gt 40) "only $($notes.Count) sysctls"
    Equal $notes['net.bridge.bridge-nf-call-iptables'] 1 'bridge-nf-call-iptables'
    Save-Note sysctls $notes
}
