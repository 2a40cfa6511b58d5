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
    [string] $MetricPath,

    # A small file with the verdict, which status.sh reads: the exit code, the seconds since the boot, and the line.
    [string] $StatusPath
)

$ErrorActionPreference = 'Stop'
$WarningPreference = 'SilentlyContinue'
$findings = @()
try {
    $Baseline = $Baseline.ForEach{ $_ -split ',' }.ForEach{ $_.Trim() }.Where{ $_ }
    $node = @{}
    if ($Root) { $node.Root = $Root }
    if ($Live) { $node.Live = $true }
    $findings = @(Test-NodeBaseline -Name $Baseline @node)
    $wrong = @($findings.Where{ $_.IsInDesiredState -eq $false })
    $unknown = @($findings.Where{ $null -eq $_.IsInDesiredState })
    if ($wrong.Count -ne 0) {
        $code = 1
        $line = "$($wrong.Count) of $($findings.Count) not satisfied: $($wrong[0].Name): $($wrong[0].Cause)"
    }
    elseif ($unknown.Count -ne 0) {
        $code = 2
        $line = "could not tell $($unknown.Count) of $($findings.Count): $($unknown[0].Name): $($unknown[0].Cause)"
    }
    else {
        $code = 0
        $line = "$($findings.Count) requirements of $($Baseline -join ', ') are satisfied"
    }
}
catch {
    # The message of an error of this module says what to do next too.
    $code = 2
    $line = "could not check: $($_.Exception.Message)"
}

$line = ($line -replace '\s+', ' ').Trim()
$line

# What cannot be written does not change the verdict. Only standard error says it: one line is all that a plugin's caller takes.
if ($MetricPath -and $findings.Count -ne 0) {
    try { $findings | Export-NodeMetric -Path $MetricPath }
    catch { $Host.UI.WriteErrorLine("WARNING: The metrics were not written: $($_.Exception.Message)") }
}

if ($StatusPath) {
    try {
        $uptime = [IO.File]::ReadAllText('/proc/uptime').Split(' ')[0]
        [IO.File]::WriteAllText("$StatusPath.new", "$code $uptime`n$line`n")
        [IO.File]::Move("$StatusPath.new", $StatusPath, $true)
    }
    catch {
        $Host.UI.WriteErrorLine("WARNING: The status was not written: $($_.Exception.InnerException.Message) Name a file with -StatusPath in a folder that exists and that you may write to.")
    }
}

exit $code
