# Checks this node against baselines. Writes one line; exit code 0: as it should be, 1: not, 2: could not tell.
# These are also the codes and the form that node-problem-detector wants of a custom plugin.
[CmdletBinding()]
param(
    # Shipped baselines by name, or files; several with commas, which -File gives as one text.
    [string[]] $Baseline = 'Kubernetes',

    # Where the node's file system is mounted, such as /host in a container.
    [string] $Root,

    # With -Root: the running kernel is that node's too, and is asked. A container needs the node's network namespace for it.
    [switch] $Live,

    # A file for node_exporter's textfile collector.
    [string] $MetricPath
)

# One line is all that node-problem-detector takes; pwsh writes warnings beside it.
$ErrorActionPreference = 'Stop'
$WarningPreference = 'SilentlyContinue'
try {
    $Baseline = $Baseline.ForEach{ $_ -split ',' }.ForEach{ $_.Trim() }.Where{ $_ }
    $node = @{}
    if ($Root) { $node.Root = $Root }
    if ($Live) { $node.Live = $true }
    $findings = @(Test-NodeBaseline -Name $Baseline @node)
    if ($MetricPath) { $findings | Export-NodeMetric -Path $MetricPath }
    $wrong = @($findings.Where{ $_.IsInDesiredState -eq $false })
    $unknown = @($findings.Where{ $null -eq $_.IsInDesiredState })
    if ($wrong.Count -eq 0 -and $unknown.Count -ne 0) {
        "could not tell $($unknown.Count) of $($findings.Count): $($unknown[0].Name): $($unknown[0].Cause)"
        exit 2
    }

    if ($wrong.Count -eq 0) {
        "$($findings.Count) requirements of $($Baseline -join ', ') are satisfied"
        exit 0
    }

    "$($wrong.Count) of $($findings.Count) not satisfied: $($wrong[0].Name): $($wrong[0].Cause)"
    exit 1
}
catch {
    "could not check: $($_.Exception.Message) $($_.ErrorDetails.RecommendedAction)".TrimEnd()
    exit 2
}
