<#
.SYNOPSIS
    Lists the kernel parameters that the next boot will change, with the line that decides each.
.EXAMPLE
    ./Find-SysctlDrift.ps1 net.*
#>
#requires -Modules K8sNetfilter
param(
    [string[]] $Name = '*',
    # A captured node; empty for this one.
    [string] $Snapshot
)
$node = @{}
if ($Snapshot) { $node.Snapshot = $Snapshot }

Get-NodeSysctl -Name $Name @node |
    Where-Object IsDrifted |
    Select-Object Name, Value, BootValue, Source, Reason
