<#
.SYNOPSIS
    Tries every exported cmdlet in a real shell: help, completion, formatting, JSON, -WhatIf. Changes nothing on this machine.
#>
param([string] $ModulePath = "$PSScriptRoot/../../K8sNetfilter.psd1")

BeforeDiscovery {
    Import-Module $ModulePath -Force -ErrorAction Stop
    $commands = @(Get-Command -Module K8sNetfilter | ForEach-Object { @{ Command = $_ } })
}

Describe 'The module' {
    It 'has a valid manifest' {
        (Test-ModuleManifest $ModulePath).Version | Should -Be (Get-Module K8sNetfilter).Version
    }

    It 'exports cmdlets alone' {
        (Get-Module K8sNetfilter).ExportedFunctions.Count | Should -Be 0
        (Get-Module K8sNetfilter).ExportedAliases.Count | Should -Be 0
        (Get-Module K8sNetfilter).ExportedCmdlets.Count | Should -BeGreaterThan 0
    }

    It 'has the page <_>' -ForEach 'about_K8sNetfilter', 'about_ServiceHairpin', 'about_NetfilterFlow', 'about_NodeBaseline', 'about_NodeSnapshot' {
        "$(Get-Help $_)" | Should -Match 'SHORT DESCRIPTION'
    }
}

Describe '<Command.Name>' -ForEach $commands {
    It 'has help with a synopsis, a description and examples' {
        $help = Get-Help $Command.Name -Full
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.Synopsis | Should -Not -Match ([regex]::Escape("$($Command.Name) ["))
        "$($help.description.Text)" | Should -Not -BeNullOrEmpty
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
    }

    It 'says what it gives' {
        $Command.OutputType.Count | Should -BeGreaterThan 0
    }

    It 'takes -WhatIf where its verb changes something' {
        if ($Command.Verb -in 'Set', 'Enable', 'Disable', 'Remove', 'Sync', 'Export', 'Undo') {
            $Command.Parameters.Keys | Should -Contain 'WhatIf'
        }
        else {
            $Command.Parameters.Keys | Should -Not -Contain 'WhatIf'
        }
    }
}

Describe 'A node under another root' {
    BeforeAll {
        Copy-Item -Recurse "$PSScriptRoot/node" "$TestDrive/node"
        $node = "$TestDrive/node"
    }

    It 'is what Kubernetes needs' {
        Test-NodeBaseline -Name Kubernetes -Root $node -Quiet | Should -BeTrue
    }

    It 'says which line decides a kernel parameter' {
        $sysctl = Get-NodeSysctl -Name net.ipv4.ip_forward -Root $node
        $sysctl.BootValue | Should -Be '1'
        "$($sysctl.Source)" | Should -Be '/etc/sysctl.d/k8s.conf:4'
        $sysctl.Value | Should -BeNullOrEmpty
    }

    It 'says which line loads a module' {
        "$((Get-KernelModule -Name br_netfilter -Root $node).BootSource)" | Should -Be '/etc/modules-load.d/k8s.conf:3'
    }

    It 'is not changed by -WhatIf' {
        Set-NodeSysctl -Name net.ipv4.ip_forward -Value 0 -Persist -Root $node -WhatIf
        (Get-FileHash "$node/etc/sysctl.d/k8s.conf").Hash | Should -Be (Get-FileHash "$PSScriptRoot/node/etc/sysctl.d/k8s.conf").Hash
    }

    It 'is changed and changed back, and the rest of its file stays' {
        $before = Get-Content -Raw "$node/etc/sysctl.d/k8s.conf"
        Set-NodeSysctl -Name net.ipv4.ip_forward -Value 0 -Persist -Root $node
        (Get-NodeSysctl -Name net.ipv4.ip_forward -Root $node).BootValue | Should -Be '0'
        Test-NodeBaseline -Name Kubernetes -Root $node -Quiet | Should -BeFalse
        Set-NodeSysctl -Name net.ipv4.ip_forward -Value 1 -Persist -Root $node
        Get-Content -Raw "$node/etc/sysctl.d/k8s.conf" | Should -Be $before
    }

    It 'is brought to a baseline and back' {
        Set-NodeSysctl -Name net.ipv4.ip_forward -Value 0 -Persist -Root $node
        $before = Get-FileHash "$node/etc/sysctl.d/*"
        Set-NodeBaseline Kubernetes -Root $node -WhatIf
        Test-NodeBaseline Kubernetes -Root $node -Quiet | Should -BeFalse
        $steps = Test-NodeBaseline Kubernetes -Root $node | Set-NodeBaseline -Root $node -PassThru
        @($steps).Count | Should -BeGreaterThan 0
        foreach ($line in ($steps | Out-String -Width 120) -split "`n") { $line.TrimEnd().Length | Should -BeLessOrEqual 120 }
        Test-NodeBaseline Kubernetes -Root $node -Quiet | Should -BeTrue
        Get-NodeBaseline -FromNode -AsJson -Root $node | Set-Content "$TestDrive/node.json"
        Test-NodeBaseline "$TestDrive/node.json" -Root $node -Quiet | Should -BeTrue
        Undo-NodeBaseline -Root $node
        (Get-FileHash "$node/etc/sysctl.d/*").Hash | Should -Be $before.Hash
        Set-NodeSysctl -Name net.ipv4.ip_forward -Value 1 -Persist -Root $node
    }

    It 'gives objects that survive JSON' {
        $finding = Test-NodeBaseline -Name Kubernetes -Root $node | Select-Object -First 1 | ConvertTo-Json -Depth 3 | ConvertFrom-Json
        $finding.Name | Should -Be 'overlay'
    }
}

Describe 'A dump that somebody mailed in' {
    It 'says that chains stand which nothing jumps to' {
        $dump = "$TestDrive/dump.txt"
        Set-Content $dump '*nat', ':POSTROUTING ACCEPT [0:0]', ':FLANNEL-POSTRTG - [0:0]', '-A FLANNEL-POSTRTG -j RETURN', 'COMMIT'
        $result = Test-NetfilterChain -Path $dump -Table nat
        "$($result.Verdict) $($result.Cause)" | Should -Be 'Broken NotReached'
        $result.Remedy | Should -BeLike 'iptables* -t nat -A POSTROUTING *-j FLANNEL-POSTRTG'
        Test-NetfilterChain -Path $dump -Quiet | Should -BeFalse
        ($result | ConvertTo-Json -EnumsAsStrings | ConvertFrom-Json).Cause | Should -Be 'NotReached'
        foreach ($line in ($result | Format-Table | Out-String -Width 120) -split "`n") { $line.TrimEnd().Length | Should -BeLessOrEqual 120 }
    }
}

Describe 'Completion' {
    It 'knows <Wanted>' -ForEach @(
        @{ Text = 'Test-NodeBaseline Kubernet'; Wanted = 'Kubernetes' }
        @{ Text = 'Set-NodeBaseline KubeProxyIp'; Wanted = 'KubeProxyIpvs' }
        @{ Text = 'Test-ServiceHairpin -Lab -Scenario OwnServiceH'; Wanted = 'OwnServiceHairpin' }
    ) {
        (TabExpansion2 $Text $Text.Length).CompletionMatches.CompletionText | Should -Contain $Wanted
    }
}
