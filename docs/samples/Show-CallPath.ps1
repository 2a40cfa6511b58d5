<#
.SYNOPSIS
    Shows the path of a pod's call through the rules, and of the reply: one line per step.
.EXAMPLE
    ./Show-CallPath.ps1 -Source 10.244.0.11 -Destination 10.96.0.10 -Port 80
#>
#requires -Modules K8sNetfilter
param(
    [Parameter(Mandatory)] [ipaddress] $Source,
    [Parameter(Mandatory)] [ipaddress] $Destination,
    [Parameter(Mandatory)] [int] $Port,
    # A captured node; empty for this one.
    [string] $Snapshot
)
$node = @{}
if ($Snapshot) { $node.Snapshot = $Snapshot }

foreach ($step in Trace-NetfilterPacket -Source $Source -Destination $Destination -DestinationPort $Port @node) {
    '{0,3} {1}' -f $step.Branch, $step
}
