<#
.SYNOPSIS
    Lists the Services that pods of a node cannot reach, with the cause and the command that corrects it.
.EXAMPLE
    ./Find-BrokenService.ps1
.EXAMPLE
    ./Find-BrokenService.ps1 -Snapshot ./node1.tar.gz
#>
#requires -Modules K8sNetfilter
param(
    # A captured node; empty for this one.
    [string] $Snapshot
)
$node = @{}
if ($Snapshot) { $node.Snapshot = $Snapshot }

Test-ServiceHairpin @node |
    Where-Object Verdict -EQ 'Broken' |
    Sort-Object Service |
    Select-Object Service, SourcePod, Endpoint, Cause, Evidence, Remedy
