<#
.SYNOPSIS
    Writes what is known of a node as one JSON document, for a ticket.
.EXAMPLE
    ./Write-NodeReport.ps1 -Snapshot ./node1.tar.gz > report.json
#>
#requires -Modules K8sNetfilter
param(
    # A captured node; empty for this one.
    [string] $Snapshot
)
$node = @{}
if ($Snapshot) { $node.Snapshot = $Snapshot }

[ordered]@{
    Readiness = Get-NodeBridgeNetfilter @node
    Baseline  = @(Test-NodeBaseline Kubernetes @node | Where-Object IsInDesiredState -NE $true)
    Ports     = @(Get-NodeBridgePort @node)
    Services  = @(Get-NodeService @node)
    Broken    = @(Test-ServiceHairpin @node | Where-Object Verdict -NE 'Works')
    Chains    = @(Test-NetfilterChain @node | Where-Object Verdict -NE 'Works')
} | ConvertTo-Json -Depth 5
