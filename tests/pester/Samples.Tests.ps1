<#
.SYNOPSIS
    Runs every script of docs/samples on a captured node, or with -WhatIf, and looks at what it writes.
#>
param([string] $ModulePath = "$PSScriptRoot/../../K8sNetfilter.psd1")

BeforeDiscovery {
    $samples = @(Get-ChildItem "$PSScriptRoot/../../docs/samples/*.ps1" | ForEach-Object { @{ Script = $_ } })
}

BeforeAll {
    Import-Module $ModulePath -Force -ErrorAction Stop
    $node = Resolve-Path "$PSScriptRoot/../Module.Tests/Snapshots/Node" | ForEach-Object Path
    $image = Join-Path $TestDrive 'image'
    Copy-Item -Recurse "$PSScriptRoot/node" $image
    $other = Join-Path $TestDrive 'other'
    Copy-Item -Recurse $node $other
    (Get-Content "$other/sysctl.txt") -replace '^net.ipv4.ip_forward = .*', 'net.ipv4.ip_forward = 7' | Set-Content "$other/sysctl.txt"

    # How each is called, and what its output must have.
    $calls = @{
        'Find-BrokenService.ps1'  = { param($s) & $s -Snapshot $node }, { param($o) $o.Cause | Should -Contain 'HairpinOff'; $o.Remedy | Should -Not -BeNullOrEmpty }
        'Show-CallPath.ps1'       = { param($s) & $s -Source 10.244.0.11 -Destination 10.96.0.10 -Port 80 -Snapshot $node }, { param($o) "$o" | Should -Match 'DNAT' }
        'Find-UnansweredCall.ps1' = { param($s) & $s -Snapshot $node }, { param($o) $o.Service | Should -Be '10.96.0.10:80'; $o.Calls | Should -Be 1 }
        'Get-ConntrackTop.ps1'    = { param($s) & $s -Snapshot $node }, { param($o) $o.Source | Should -Be '10.244.0.11'; $o.TableMaximum | Should -Be 262144 }
        'Find-LeftoverChain.ps1'  = { param($s) & $s -Snapshot $node }, { param($o) $o.Cause | Should -Contain 'ChainMissing' }
        'Find-SysctlDrift.ps1'    = { param($s) & $s -Snapshot $other }, { param($o) $o.Name | Should -Contain 'net.ipv4.ip_forward' }
        'Compare-Sysctl.ps1'      = { param($s) & $s $node $other }, { param($o) $o.Name | Should -Be 'net.ipv4.ip_forward'; $o.Difference | Should -Be '7' }
        'Test-Fleet.ps1'          = { param($s) & $s $node, $other }, { param($o) $o.Node | Sort-Object -Unique | Should -Be 'Node', 'other' }
        'Initialize-Node.ps1'     = { param($s) & $s -Root $image -WhatIf }, { param($o) Get-ChildItem "$image/var/lib/k8snetfilter" -ErrorAction Ignore | Should -BeNullOrEmpty }
        'Write-NodeReport.ps1'    = { param($s) & $s -Snapshot $node }, { param($o) ("$o" | ConvertFrom-Json).Services.Count | Should -Be 1 }
    }
}

Describe '<Script.Name>' -ForEach $samples {
    It 'has a synopsis and an example' {
        $help = Get-Help $Script.FullName
        $help.Synopsis | Should -Not -BeNullOrEmpty
        @($help.examples.example).Count | Should -BeGreaterThan 0
    }

    It 'runs without an error and writes what it promises' {
        $call, $check = $calls[$Script.Name]
        $call | Should -Not -BeNullOrEmpty -Because 'each sample has its call in this file'
        $ErrorActionPreference = 'Stop'
        $output = & $call $Script.FullName 3>$null 6>$null
        & $check $output
    }
}

Describe 'The list of samples' {
    It 'names every script, and no other' {
        $listed = Select-String -Path "$PSScriptRoot/../../docs/samples/README.md" -Pattern '\]\(([\w-]+\.ps1)\)' | ForEach-Object { $_.Matches[0].Groups[1].Value }
        $listed | Sort-Object | Should -Be (Get-ChildItem "$PSScriptRoot/../../docs/samples/*.ps1" | ForEach-Object Name | Sort-Object)
    }
}
