<#
.SYNOPSIS
    Checks many captured nodes against a baseline: one line per node and requirement that is not met.
.EXAMPLE
    ./Test-Fleet.ps1 ./snapshots/*.tar.gz | Export-Csv ./fleet.csv
#>
#requires -Modules K8sNetfilter
param(
    # Snapshots; wildcards are allowed.
    [Parameter(Mandatory)] [string[]] $Path,
    [string[]] $Baseline = 'Kubernetes'
)
foreach ($snapshot in Get-Item $Path) {
    Test-NodeBaseline -Name $Baseline -Snapshot $snapshot.FullName -WarningAction SilentlyContinue |
        Where-Object IsInDesiredState -NE $true |
        Select-Object @{ n = 'Node'; e = { $snapshot.Name } }, Baseline, Kind, Name, Expected, Live, Boot,
            @{ n = 'State'; e = { if ($null -eq $_.IsInDesiredState) { 'unknown' } else { 'differs' } } }, Cause
}
