# Answers for DSC where only the module is installed: the same code as k8snf dsc.
Import-Module "$PSScriptRoot/../K8sNetfilter.psd1" -ErrorAction Stop
exit [K8sNetfilter.Dsc.DscCommand]::Run([string[]]$args, [Console]::OpenStandardInput(), [Console]::OpenStandardOutput(), [Console]::OpenStandardError(), [Threading.CancellationToken]::None)
