<#
.SYNOPSIS
    Every type that a cmdlet writes, as a user meets it: shown at 80, 120 and 200 columns, from a file, a job and another process, as JSON,
    as CSV and in a string. Nothing is blank, and nothing is cut or left out without a mark.
#>
param([string] $ModulePath = "$PSScriptRoot/../../K8sNetfilter.psd1")

BeforeDiscovery {
    $ModulePath = (Resolve-Path $ModulePath).Path
    Import-Module $ModulePath -Force -ErrorAction Stop
    $written = @(Get-Command -Module K8sNetfilter | ForEach-Object { $_.OutputType.Name } | Where-Object { $_ -like 'K8sNetfilter.*' } | Sort-Object -Unique | ForEach-Object { @{ Type = $_ } })
}

BeforeAll {
    $ModulePath = (Resolve-Path $ModulePath).Path
    . "$PSScriptRoot/shown.ps1"
    $objects = @(& "$PSScriptRoot/samples.ps1" $ModulePath $TestDrive)
    [xml] $formats = Get-Content -Raw (Join-Path (Split-Path $ModulePath) bin/K8sNetfilter.format.ps1xml)
    $expectations = @($objects | ForEach-Object { , @(Get-Expectation $_ $formats) })
    $pwsh = (Get-Process -Id $PID).Path
}

Describe 'The samples' {
    It 'have <Type>, which has a view' -ForEach $written {
        $objects.ForEach({ $_.PSTypeNames[0] }) | Should -Contain $Type
        $formats.Configuration.ViewDefinitions.View.ViewSelectedBy.TypeName | Should -Contain $Type
    }

    It 'have every type that has a view' {
        $shown = $objects.ForEach({ $_.PSTypeNames })
        $formats.Configuration.ViewDefinitions.View.ViewSelectedBy.TypeName | Where-Object { $_ -notin $shown } | Should -BeNullOrEmpty
    }
}

Describe 'A view' {
    It 'shows all of what it has at 80, 120 and 200 columns' {
        Find-ViewFault $objects $expectations 80, 120, 200 | Should -BeNullOrEmpty
    }

    It 'shows the same of what comes from a file, in another process, with and without the module' {
        $objects | Export-Clixml "$TestDrive/objects.xml"
        $expectations | ForEach-Object { , $_ } | Export-Clixml -Depth 4 "$TestDrive/expectations.xml"
        $said = @(& $pwsh -NoProfile -File "$PSScriptRoot/fresh.ps1" $TestDrive $ModulePath 2>&1 | ForEach-Object { "$_" })
        $said | Should -Be "looked at $($objects.Count) objects"
    }

    It 'shows the same of what comes from a job' {
        $job = Start-Job { & $args[0] $args[1] $args[2] } -ArgumentList "$PSScriptRoot/samples.ps1", $ModulePath, "$TestDrive"
        $received = @($job | Receive-Job -Wait -AutoRemoveJob)
        $received.Count | Should -Be $objects.Count
        Find-ViewFault $received $expectations 120 | Should -BeNullOrEmpty
    }
}

Describe 'An object as text' {
    BeforeAll {
        # The very code of k8snf -Json, into a file.
        $k8snf = Join-Path (Split-Path $ModulePath) src/K8sNetfilter.Host/bin/Release/net10.0/k8snf.dll
        $lines = if (Test-Path $k8snf) {
            $assembly = [Reflection.Assembly]::LoadFrom($k8snf)
            $flags = [Reflection.BindingFlags] 'Instance, Public, NonPublic'
            $writer = $assembly.GetType('K8sNetfilter.Host.Output.JsonLines')
            $text = $writer.GetMethod('Text', $flags -bor 'Static')
            @($objects | ForEach-Object { $text.Invoke($null, @([psobject]$_)) })
        }
        # Names, values and order: the same text after the white space that both may set as they like.
        function Get-Plain($Json) { [Text.Json.Nodes.JsonNode]::Parse($Json).ToJsonString() }
    }

    It 'is the same from ConvertTo-Json and k8snf -Json' {
        if (-not $lines) { Set-ItResult -Skipped -Because 'k8snf is not built' }
        for ($i = 0; $i -lt $objects.Count; $i++) {
            Get-Plain $lines[$i] | Should -BeExactly (Get-Plain ($objects[$i] | ConvertTo-Json -Depth 8)) -Because $objects[$i].PSTypeNames[0]
        }
    }

    It 'has addresses, times and enumerations that a person can read in JSON' {
        $json = $objects | ConvertTo-Json -Depth 8 -AsArray
        $json | Should -Not -Match '"(AddressFamily|ScopeId|IsIPv4MappedToIPv6|Ticks|TotalSeconds|Upper|Lower)":'
        $service = ($objects | Where-Object { $_ -is [K8sNetfilter.Services.NodeService] })[0]
        $read = $service | ConvertTo-Json | ConvertFrom-Json
        $read.IP | Should -Be 'fd00:10:96::a'
        $read.Endpoints | Should -Be '[fd00:10:244::3]:53', '[fd00:10:244::4]:53'
        $read.Type, $read.Family, $read.ProxyMode | Should -Be 'ClusterIP', 'IPv6', 'Iptables'
        "$($service.Endpoints)" | Should -Be '[fd00:10:244::3]:53 [fd00:10:244::4]:53'
        "$($service.IP)" | Should -Be 'fd00:10:96::a'
    }

    It 'has enumerations by name in JSON, in every property of every type' {
        foreach ($object in $objects) {
            $read = $object | ConvertTo-Json -Depth 8 | ConvertFrom-Json
            foreach ($property in $object.PSObject.Properties | Where-Object Value -Is [enum]) {
                $read.($property.Name) | Should -BeExactly "$($property.Value)" -Because "$($object.PSTypeNames[0]).$($property.Name)"
            }
        }
    }

    It 'has no name of a type in CSV' {
        foreach ($object in $objects | Where-Object { $_ -isnot [K8sNetfilter.Rulesets.Parts.RulePart] -and $_ -isnot [K8sNetfilter.Rulesets.Parts.RuleOption] }) {
            ($object | ConvertTo-Csv)[1] | Should -Not -Match 'System\.|K8sNetfilter\.|\[\]' -Because $object.PSTypeNames[0]
        }
        ($objects | Where-Object { $_ -is [K8sNetfilter.Services.NodeService] } | ConvertTo-Csv | ConvertFrom-Csv).Endpoints | Should -Be '[fd00:10:244::3]:53, [fd00:10:244::4]:53'
    }
}

Describe 'What comes from elsewhere' {
    BeforeAll {
        $forms = @{
            Clixml = { param($o) Export-Clixml -InputObject $o "$TestDrive/one.xml"; Import-Clixml "$TestDrive/one.xml" }
            Json   = { param($o) $o | ConvertTo-Json | ConvertFrom-Json }
            Csv    = { param($o) $o | ConvertTo-Csv | ConvertFrom-Csv }
        }
        function Get-One($Type) { ($objects | Where-Object { $_.PSTypeNames[0] -eq "K8sNetfilter.$Type" })[0] }
    }

    It 'by <_> goes into Set-NodeSysctl and Remove-NodeSysctl' -ForEach Clixml, Json, Csv {
        Copy-Item -Recurse -Force "$PSScriptRoot/node" "$TestDrive/set-$_"
        $sysctl = & $forms[$_] ([K8sNetfilter.Sysctl.NodeSysctl]@{ Name = 'net.ipv4.ip_forward'; Value = '0'; Reason = '' })
        $sysctl | Set-NodeSysctl -Persist -Root "$TestDrive/set-$_"
        (Get-NodeSysctl net.ipv4.ip_forward -Root "$TestDrive/set-$_").BootValue | Should -Be 0
        $sysctl | Remove-NodeSysctl -Root "$TestDrive/set-$_"
        (Get-NodeSysctl net.ipv4.ip_forward -Root "$TestDrive/set-$_").Source | Should -BeNullOrEmpty
    }

    It 'by <_> goes into Export-NodeMetric and Set-NodeBaseline' -ForEach Clixml, Json, Csv {
        $finding = Get-One Baselines.BaselineFinding
        (& $forms[$_] $finding) | Export-NodeMetric | Should -BeExactly ($finding | Export-NodeMetric)
        if ($_ -eq 'Clixml') { (& $forms[$_] $finding) | Set-NodeBaseline -Root "$PSScriptRoot/node" -WhatIf }
    }

    It 'by <_> goes into Remove-ConntrackEntry with its whole tuple' -ForEach Clixml, Json, Csv {
        $entry = Get-One Conntrack.ConntrackEntry
        $bound = [K8sNetfilter.Commands.RemoveConntrackEntryCommand].GetProperty('InputObject').GetCustomAttributes($true) | Where-Object { $_ -is [Management.Automation.ArgumentTransformationAttribute] }
        $made = $bound.Transform($null, [psobject](& $forms[$_] $entry))
        "$made" -replace ' \[ASSURED\]' | Should -BeLike "*src=10.244.0.11 dst=10.96.0.10 sport=40000 dport=80 *src=10.244.0.12 dst=10.244.0.11 sport=8080 dport=40000 *id=4167657080*"
    }

    It 'by <_> goes into Trace-NetfilterPacket' -ForEach Clixml, Json, Csv {
        $snapshot = "$PSScriptRoot/../Module.Tests/Snapshots/Node"
        $steps = @((& $forms[$_] (Get-One Conntrack.ConntrackEntry)) | Trace-NetfilterPacket -Snapshot $snapshot -WarningAction Ignore)
        "$($steps[0].Packet)" | Should -BeLike 'tcp 10.244.0.11:40000 -> 10.96.0.10:80*'
    }
}
