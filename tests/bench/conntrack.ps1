# Runs the tool and the cmdlet in turn and prints the median of the rounds' ratios. Started by conntrack.sh, inside its namespace.
param([int] $Rounds = 7)

function Measure-Tool([string] $Arguments) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $process = [Diagnostics.Process]::Start('/bin/sh', "-c ""exec conntrack $Arguments >/dev/null 2>&1""")
    $process.WaitForExit()
    $watch.Elapsed.TotalMilliseconds
}

function Measure-Ours([scriptblock] $Query) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    . $Query
    $watch.Elapsed.TotalMilliseconds
}

function Compare-Both([string] $Name, [double] $Target, [string] $Arguments, [scriptblock] $Query) {
    # The first run pays for the runtime's compiler; a user's second query does not.
    $cold = Measure-Ours $Query
    $null = Measure-Tool $Arguments
    $pairs = for ($i = 0; $i -lt $Rounds; $i++) {
        $tool = Measure-Tool $Arguments
        $ours = Measure-Ours $Query
        , @(($ours / $tool), $tool, $ours)
    }
    $sorted = [double[]] @(foreach ($p in $pairs) { $p[0] })
    [Array]::Sort($sorted)
    $tools = [double[]] @(foreach ($p in $pairs) { $p[1] }); [Array]::Sort($tools)
    $mine = [double[]] @(foreach ($p in $pairs) { $p[2] }); [Array]::Sort($mine)
    $middle = [int] [Math]::Floor($Rounds / 2)
    '{0,-34} {1,6:0.00}x (best {2:0.00}, at most {3:0.00})   tool {4,5:0} ms   ours {5,5:0} ms   first {6,5:0} ms' -f
        $Name, $sorted[$middle], $sorted[0], $Target, $tools[$middle], $mine[$middle], $cold
}

Compare-Both 'all, into Out-Null' 0.6 '-L' { Get-ConntrackEntry | Out-Null }
Compare-Both 'all, into a variable' 0.6 '-L' { $null = Get-ConntrackEntry }
Compare-Both 'ten of all, by source' 0.25 '-L -s 192.0.2.1' { $null = Get-ConntrackEntry -Source 192.0.2.1 }
Compare-Both 'none of all, by port' 0.25 '-L -p tcp --dport 81' { $null = Get-ConntrackEntry -Protocol tcp -DestinationPort 81 }
