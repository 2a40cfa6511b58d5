@{
    RootModule           = 'K8sNetfilter.Dsc.psm1'
    # PowerShell loads it when the classes are used; it is what does the work.
    RequiredModules      = @(@{ ModuleName = 'K8sNetfilter'; ModuleVersion = '0.2.0' })
    ModuleVersion        = '0.2.0'
    GUID                 = 'b0c8e5a4-52f8-4e0e-8c55-5a3d4f0b9f11'
    Author               = 'The K8sNetfilter authors'
    CompanyName          = 'K8sNetfilter'
    Copyright            = '(c) 2026 The K8sNetfilter authors. MIT licence.'
    Description          = 'DSC resources of K8sNetfilter as PowerShell classes, for Invoke-DscResource and the PowerShell adapter of DSC v3.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    DscResourcesToExport = @('KernelModule', 'NodeBaseline', 'Sysctl')
    FunctionsToExport    = @()
    CmdletsToExport      = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags       = @('DSC', 'Kubernetes', 'sysctl', 'Linux', 'PSEdition_Core')
            LicenseUri = 'https://opensource.org/licenses/MIT'
        }
    }
}
