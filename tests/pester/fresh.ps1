<#
.SYNOPSIS
    Runs in a process that knows nothing of the module: shows what another one exported, first plainly, then with the views alone, then with
    the module. Writes what is wrong.
#>
param([string] $Folder, [string] $ModulePath)
$ErrorActionPreference = 'Stop'
. "$PSScriptRoot/shown.ps1"
$objects = @(Import-Clixml "$Folder/objects.xml")
$expectations = @(Import-Clixml "$Folder/expectations.xml" | ForEach-Object { , $_ })
if ($objects | Where-Object { $_.PSTypeNames[0] -notlike 'Deserialized.*' }) { 'an object came back as a type of the module' }
Find-PlainFault $objects | ForEach-Object { "without views: $_" }
Update-FormatData -PrependPath (Join-Path (Split-Path $ModulePath) bin/K8sNetfilter.format.ps1xml)
if ([AppDomain]::CurrentDomain.GetAssemblies().FullName -like 'K8sNetfilter*') { 'the module was loaded' }
Find-ViewFault $objects $expectations 80 | ForEach-Object { "with the views alone: $_" }
Import-Module $ModulePath
Find-ViewFault $objects $expectations 120 | ForEach-Object { "with the module: $_" }
"looked at $($objects.Count) objects"
