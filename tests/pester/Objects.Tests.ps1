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
