<#
.SYNOPSIS
    Shows how full the connection table is, and the addresses that have most of the connections.
.EXAMPLE
    ./Get-ConntrackTop.ps1 -First 5
#>
#requires -Modules K8sNetfilter
param(
    [int] $First = 10,
    # A captured node; empty for this one.
    [string] $Snapshot
)
$node = @{}
if ($Snapshot) { $node.Snapshot = $Snapshot }

$table = Get-ConntrackStatistic @node
$sources = Get-ConntrackEntry @node | Group-Object Source -NoElement | Sort-Object Count -Descending | Select-Object -First $First
foreach ($source in $sources) {
    [pscustomobject]@{
        Source       = $source.Name
        Connections  = $source.Count
        TableCount   = $table.Count
        TableMaximum = $table.Maximum
    }
}
