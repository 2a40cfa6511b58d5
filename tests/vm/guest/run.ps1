# The test program of the guest: runs a boot's *.ps1 scenarios in one process (an engine's start is slow under emulation) and reports each
# check. k8snf runs it, so it has the language, the engine's own commands and this module, but no Select-Object, Get-Content and the like.

# One line a check, at once: where the machine hangs, the report ends.
function Report([string] $Kind, [string] $Name, $Detail) {
    $line = ("$Kind $Name" + $(if ($null -ne $Detail) { ": $Detail" })) -replace '\s+', ' ' -replace '[^\x20-\x7e]', '?'
    [IO.File]::AppendAllText($env:VM_REPORT, $line.Substring(0, [Math]::Min($line.Length, 1500)) + "`n")
}
function Note([string] $Text) { Report NOTE $Text }
function Skip([string] $Name, [string] $Reason) { Report SKIP $Name $Reason }

# A check passes where its block throws nothing. A block sees the variables of the function that runs it, so these have names that no
# scenario uses.
function Check([string] $CheckName, [scriptblock] $CheckBlock) {
    try {
        $null = & $CheckBlock
        Report PASS $CheckName
    }
    catch {
        Report FAIL $CheckName "$($_.Exception.Message) [$(Split-Name $_.InvocationInfo.ScriptName):$($_.InvocationInfo.ScriptLineNumber)]"
    }
}
function Split-Name([string] $Path) { [IO.Path]::GetFileName($Path) }

# What can be said in a check. $What names what was looked at.
function Show($Value) { if ($null -eq $Value) { 'null' } else { "'$Value'" } }
function Equal($Actual, $Expected, [string] $What) {
    $same = if ($null -eq $Actual -or $null -eq $Expected) { $null -eq $Actual -and $null -eq $Expected } else { "$Actual" -ceq "$Expected" }
    if (-not $same) { throw "$What is $(Show $Actual), not $(Show $Expected)" }
}
function Match([string] $Actual, [string] $Pattern, [string] $What) {
    if ($Actual -notmatch $Pattern) { throw "$What is '$Actual', which does not match '$Pattern'" }
}
function True($Condition, [string] $What) { if (-not $Condition) { throw $What } }

# Runs a block and gives all that it wrote, apart: Output, Errors (also the one that ended it), Warnings, Verbose.
function Capture([scriptblock] $CheckBlock) {
    $captured = [pscustomobject]@{
        Output = [Collections.Generic.List[object]]::new(); Errors = [Collections.Generic.List[Management.Automation.ErrorRecord]]::new()
        Warnings = [Collections.Generic.List[string]]::new(); Verbose = [Collections.Generic.List[string]]::new()
    }
    try {
        & $CheckBlock 2>&1 3>&1 4>&1 | ForEach-Object {
            if ($_ -is [Management.Automation.ErrorRecord]) { $captured.Errors.Add($_) }
            elseif ($_ -is [Management.Automation.WarningRecord]) { $captured.Warnings.Add($_.Message) }
            elseif ($_ -is [Management.Automation.VerboseRecord]) { $captured.Verbose.Add($_.Message) }
            else { $captured.Output.Add($_) }
        }
    }
    catch { $captured.Errors.Add($_) }
    $captured
}

# Runs a block that must go well, without an error and a warning; gives what it wrote.
function Work([scriptblock] $CheckBlock) {
    $captured = Capture $CheckBlock
    if ($captured.Errors.Count) { throw "an error: $($captured.Errors[0].FullyQualifiedErrorId): $($captured.Errors[0])" }
    if ($captured.Warnings.Count) { throw "a warning: $($captured.Warnings[0])" }
    $captured.Output
}

# Runs a block that must fail with exactly this error id; the text, or the next step that it must name, must match. Gives the error.
function Fails([scriptblock] $CheckBlock, [string] $WantedId, [string] $WantedText = '.') {
    $captured = Capture $CheckBlock
    if (-not $captured.Errors.Count) { throw "no error; it wrote '$($captured.Output)'" }
    $caught = $captured.Errors[0]
    $caughtId = ($caught.FullyQualifiedErrorId -split ',')[0]
    $step = if ($caught.ErrorDetails) { $caught.ErrorDetails.RecommendedAction }
    if ($caughtId -cne $WantedId) { throw "the error is ${caughtId}, not ${WantedId}: $caught" }
    if ("$caught $step" -notmatch $WantedText) { throw "the error does not match '$WantedText': $caught $step" }
    if (-not $step) { throw "the error names no next step: $caught" }
    $caught
}

# Files and programs, without the commands that only pwsh has.
function Read-Text([string] $Path) { [IO.File]::ReadAllText($Path).TrimEnd("`n") }
function Write-Text([string] $Path, [string] $Text) {
    $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($Path))
    [IO.File]::WriteAllText($Path, $Text)
}
function Test-There([string] $Path) { [IO.Directory]::Exists($Path) -or [IO.File]::Exists($Path) }
function Read-Sysctl([string] $Path) { Read-Text "/proc/sys/$Path" }
# Runs a program and gives its output; a failure is the check's.
function Tool {
    [string] $program, [string[]] $rest = $args
    $lines = & $program @rest 2>&1
    if ($LASTEXITCODE) { throw "$args exited ${LASTEXITCODE}: $lines" }
    $lines
}

# Notes that one boot leaves to a later one: a set of names and texts.
function Save-Note([string] $Name, [hashtable] $Notes) {
    $lines = foreach ($key in $Notes.Keys) { "$key=" + $(if ($null -eq $Notes[$key]) { '<null>' } else { [Uri]::EscapeDataString("$($Notes[$key])") }) }
    [IO.File]::WriteAllLines("$env:VM_KEPT/$Name", [string[]] $lines)
}
function Read-Note([string] $Name) {
    $notes = @{}
    foreach ($line in [IO.File]::ReadAllLines("$env:VM_KEPT/$Name")) {
        $key, $value = $line -split '=', 2
        $notes[$key] = if ($value -eq '<null>') { $null } else { [Uri]::UnescapeDataString($value) }
    }
    $notes
}

Note "the engine is up after $((Read-Text /proc/uptime).Split(' ')[0]) s"
$scenarios = [string[]] [IO.Directory]::GetFiles($env:VM_SCENARIOS, "*.ps1")
[Array]::Sort($scenarios, [StringComparer]::Ordinal)
foreach ($scenario in $scenarios) {
    Report BEGIN (Split-Name $scenario)
    # A scope of its own: what a scenario sets is not seen by the next.
    try { $null = & $scenario }
    catch { Report FAIL (Split-Name $scenario) "it stopped: $($_.Exception.Message) [line $($_.InvocationInfo.ScriptLineNumber)]" }
    Report END (Split-Name $scenario)
}
