@{
    RootModule           = 'bin/K8sNetfilter.dll'
    ModuleVersion        = '0.2.0'
    GUID                 = '8f0f3d0c-6a35-4b0e-9d0e-6f2f5a1c7b42'
    Author               = 'The K8sNetfilter authors'
    CompanyName          = 'K8sNetfilter'
    Copyright            = '(c) 2026 The K8sNetfilter authors. MIT licence.'
    Description          = 'Prepares, inspects and explains the network state of a Linux Kubernetes node: kernel modules, sysctls, bridges, netfilter rules, conntrack, and the path a Service packet takes.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = 'Core'
    FormatsToProcess     = 'bin/K8sNetfilter.format.ps1xml'

    # One cmdlet a line; a test compares this list with the code, both ways. Lists stand without @( ): the engine compiles that when it reads
    # the manifest, which would be a third of the import.
    CmdletsToExport      =
        'Disable-KernelModule',
        'Enable-KernelModule',
        'Export-NodeMetric',
        'Export-NodeSnapshot',
        'Get-ConntrackEntry',
        'Get-ConntrackStatistic',
        'Get-KernelModule',
        'Get-NetfilterChain',
        'Get-NetfilterHook',
        'Get-NetfilterRule',
        'Get-NetfilterSet',
        'Get-NodeBaseline',
        'Get-NodeBridgeNetfilter',
        'Get-NodeBridgePort',
        'Get-NodeService',
        'Get-NodeSysctl',
        'Remove-ConntrackEntry',
        'Remove-NodeSysctl',
        'Set-NodeBaseline',
        'Set-NodeSysctl',
        'Sync-NodeSysctl',
        'Test-NetfilterChain',
        'Test-NodeBaseline',
        'Test-ServiceHairpin',
        'Trace-NetfilterPacket',
        'Undo-NodeBaseline'
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()

    PrivateData          = @{
        PSData = @{
            # The package has ProjectUri, LicenseUri and ReleaseNotes here, if RepositoryUrl in Directory.Build.props is set.
            Tags = 'Kubernetes', 'netfilter', 'iptables', 'conntrack', 'sysctl', 'Linux', 'PSEdition_Core'
        }
    }
}
