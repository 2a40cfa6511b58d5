<#
.SYNOPSIS
    Checks a node against baselines, one test a requirement. Copy this file to where your checks run.
.DESCRIPTION
    Needs the module K8sNetfilter and Pester 5.3 or later; 6 will do.

        Invoke-Pester ./Compliance.Tests.ps1

    With other baselines, another root, and a result file for a build server:

        $checks = New-PesterContainer -Path ./Compliance.Tests.ps1 -Data @{ Baseline = 'Kubernetes', './ours.psd1' }
        $settings = New-PesterConfiguration
        $settings.Run.Container = $checks
        $settings.TestResult.Enabled = $true
        $settings.TestResult.OutputFormat = 'JUnitXml'    # or NUnitXml
        $settings.TestResult.OutputPath = './compliance.xml'
        Invoke-Pester -Configuration $settings

    Tags: Module, Sysctl, File, Bridge, Chain (what a requirement is about); Live and Boot (what is checked).
#>
param(
    # Shipped baselines by name, or files.
    [string[]] $Baseline = 'Kubernetes',

    # Where the node's file system is mounted; empty for this machine.
    [string] $Root = '',

    # The module, where it is not installed.
    [string] $ModulePath = 'K8sNetfilter'
)

BeforeDiscovery {
    Import-Module $ModulePath -ErrorAction Stop
    $node = @{}
    if ($Root) { $node.Root = $Root }
    $findings = @(Test-NodeBaseline -Name $Baseline @node)
    if ($findings.Count -eq 0) { throw "The baseline has no requirement that applies to this node: $($Baseline -join ', ')" }
    $case = { @{ Finding = $_; Item = "$($_.Name) $($_.Property)".Trim(); Expected = $_.Expected } }
    $groups = foreach ($group in $findings | Group-Object Baseline, Kind) {
        @{
            Name = $group.Group[0].Baseline
            Kind = "$($group.Group[0].Kind)"
            Live = @($group.Group | Where-Object { $null -ne $_.IsLiveInDesiredState } | ForEach-Object $case)
            Boot = @($group.Group | Where-Object { $null -ne $_.IsBootInDesiredState } | ForEach-Object $case)
        }
    }
}

foreach ($group in $groups) {
    Describe "$($group.Name): $($group.Kind)" -Tag $group.Kind {
        # Pester 6 refuses an It without a case.
        if ($group.Live) {
            It '<Item> is <Expected>' -ForEach $group.Live -Tag 'Live' {
                $Finding.IsLiveInDesiredState | Should -BeTrue -Because "$($Finding.Cause). Remedy: $($Finding.Remedy)"
            }
        }

        if ($group.Boot) {
            It '<Item> will be <Expected> after the next boot' -ForEach $group.Boot -Tag 'Boot' {
                $Finding.IsBootInDesiredState | Should -BeTrue -Because "$($Finding.Cause). Remedy: $($Finding.Remedy)"
            }
        }
    }
}
