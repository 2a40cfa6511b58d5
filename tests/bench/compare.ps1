# Compare-Both runs a tool and a query of ours in turn and prints the median of the rounds' ratios. The scripts beside this one use it.
function Measure-Tool([string] $Commands) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $process = [Diagnostics.Process]::Start('/bin/sh', "-c ""$Commands""")
    $process.WaitForExit()
    $watch.Elapsed.TotalMilliseconds
}

function Measure-Ours([scriptblock] $Query) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    . $Query
    $watch.Elapsed.TotalMilliseconds
}

function Compare-Both([string] $Name, [double] $Target, [string] $Commands, [scriptblock] $Query) {
    # The first run pays for the runtime's compiler; a user's second query does not.
    $cold = Measure-Ours $Query
    $null = Measure-Tool $Commands
    $pairs = @(for ($i = 0; $i -lt $Rounds; $i++) {
        $tool = Measure-Tool $Commands
        $ours = Measure-Ours $Query
        , @(($ours / $tool), $tool, $ours)
    })
    $sorted = [double[]] @(foreach ($p in $pairs) { $p[0] }); [Array]::Sort($sorted)
    $tools = [double[]] @(foreach ($p in $pairs) { $p[1] }); [Array]::Sort($tools)
    $mine = [double[]] @(foreach ($p in $pairs) { $p[2] }); [Array]::Sort($mine)
    $middle = [int] [Math]::Floor($Rounds / 2)
    '{0,-40} {1,6:0.00}x {2,6:0.00}x {3,8:0.00}x {4,6:0} ms {5,6:0} ms {6,6:0} ms  {7}' -f
        $Name, $sorted[$middle], $sorted[0], $Target, $tools[$middle], $mine[$middle], $cold, $(if ($sorted[$middle] -le $Target) { 'met' } else { 'NOT met' })
}

'{0,-40} {1,7} {2,7} {3,9} {4,9} {5,9} {6,9}' -f '', 'median', 'best', 'target', 'tool', 'ours', 'first'
