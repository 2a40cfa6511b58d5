@{
    RootModule        = 'OneCmdlet.dll'
    ModuleVersion     = '1.0.0'
    FormatsToProcess  = 'OneCmdlet.format.ps1xml'
    CmdletsToExport   = 'Get-One'
    FunctionsToExport = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}
