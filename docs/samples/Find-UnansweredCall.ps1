<#
.SYNOPSIS
    Counts the translated connections that got no reply, by Service address and endpoint.
.EXAMPLE
    ./Find-UnansweredCall.ps1
#>
#requires -Modules K8sNetfilter
param(
    # A captured node; empty for this one.
    [string] $Snapshot
)
$node = @{}
if ($Snapshot) { $node.Snapshot = $Snapshot }

Get-ConntrackEntry -Unreplied -Translated @node |
    Group-Object { "$($_.Destination):$($_.DestinationPort)" }, { "$($_.ReplySource)" } |
    Sort-Object Count -Descending |
    ForEach-Object {
        [pscustomobject]@{
            Calls    = $_.Count
            Service  = $_.Values[0]
            Endpoint = $_.Values[1]
            Clients  = @($_.Group.Source | Sort-Object -Unique).Count
        }
    }
