#requires -Version 7.4
<#
.SYNOPSIS
Builds, tests or packages K8sNetfilter. It only calls targets that dotnet runs as well where there is no pwsh: dotnet build -t:Package.
#>
param(
    [ValidateSet('Build', 'Test', 'Package')]
    [string] $Task = 'Build'
)

dotnet build "$PSScriptRoot/K8sNetfilter.sln" -t:$Task -c Release
exit $LASTEXITCODE
