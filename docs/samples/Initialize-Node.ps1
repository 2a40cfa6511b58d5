<#
.SYNOPSIS
    Prepares a node for Kubernetes: modules and kernel parameters, now and at boot. Ends with 1 if something could not be set.
.EXAMPLE
    ./Initialize-Node.ps1 -WhatIf
.EXAMPLE
    ./Initialize-Node.ps1 -Baseline Kubernetes, Cilium -Confirm:$false
.EXAMPLE
    ./Initialize-Node.ps1 -Root /mnt/image
#>
#requires -Modules K8sNetfilter
[CmdletBinding(SupportsShouldProcess)]
param(
    [string[]] $Baseline = 'Kubernetes',
    # An image that is being built: only its files are changed. Empty for this node.
    [string] $Root
)
$node = @{}
if ($Root) { $node.Root = $Root }

# -WhatIf and -Confirm of this script hold for the cmdlet too.
Set-NodeBaseline -Name $Baseline -PassThru @node -ErrorVariable failures
if ($failures) { exit 1 }
