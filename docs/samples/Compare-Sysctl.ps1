<#
.SYNOPSIS
    Compares the kernel parameters of two captured nodes.
.EXAMPLE
    ./Compare-Sysctl.ps1 ./node1.tar.gz ./node2.tar.gz -Name net.bridge.*, net.ipv4.*
#>
#requires -Modules K8sNetfilter
param(
    [Parameter(Mandatory)] [string] $Reference,
    [Parameter(Mandatory)] [string] $Difference,
    [string[]] $Name = 'net.*'
)
$left = @{}
Get-NodeSysctl -Name $Name -Snapshot $Reference | ForEach-Object { $left[$_.Name] = $_.Value }
$right = @{}
Get-NodeSysctl -Name $Name -Snapshot $Difference | ForEach-Object { $right[$_.Name] = $_.Value }

foreach ($key in @($left.Keys) + @($right.Keys) | Sort-Object -Unique) {
    if ($left[$key] -ne $right[$key]) {
        [pscustomobject]@{ Name = $key; Reference = $left[$key]; Difference = $right[$key] }
    }
}
