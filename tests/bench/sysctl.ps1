# Started by sysctl.sh.
param([int] $Rounds = 15)
. "$PSScriptRoot/compare.ps1"

"$(@(Get-NodeSysctl).Count) parameters"
Compare-Both 'all, into Out-Null' 1.0 'sysctl -a >/dev/null 2>&1' { Get-NodeSysctl | Out-Null }
Compare-Both 'all, into a variable' 1.0 'sysctl -a >/dev/null 2>&1' { $null = Get-NodeSysctl }
Compare-Both 'one' 1.0 'sysctl net.ipv4.ip_forward >/dev/null' { $null = Get-NodeSysctl net.ipv4.ip_forward }
