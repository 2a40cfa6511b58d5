<#
.SYNOPSIS
    Lists chains of kube-proxy, CNI plugins and Docker that are incomplete, not reached, or left over from a component that is gone.
.EXAMPLE
    ./Find-LeftoverChain.ps1 -Snapshot ./node1.tar.gz
#>
#requires -Modules K8sNetfilter
param(
    # A captured node; empty for this one.
    [string] $Snapshot
)
$node = @{}
if ($Snapshot) { $node.Snapshot = $Snapshot }

Test-NetfilterChain @node |
    Where-Object Verdict -NE 'Works' |
    Select-Object Owner, Backend, Family, Table, Group, Verdict, Cause, Evidence, Remedy
