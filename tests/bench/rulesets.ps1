# Runs iptables-save and ours in turn and prints the median of the rounds' ratios. Started by rulesets.sh, inside its namespace.
param([string] $Backend, [int] $Rounds = 7)

function Measure-Tool {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $process = [Diagnostics.Process]::Start('/bin/sh', "-c ""exec iptables-$Backend-save >/dev/null 2>&1""")
    $process.WaitForExit()
    $watch.Elapsed.TotalMilliseconds
}

function Measure-Ours([scriptblock] $Query) {
    [GC]::Collect()
    $watch = [Diagnostics.Stopwatch]::StartNew()
    . $Query
    $watch.Elapsed.TotalMilliseconds
}

function Compare-Both([string] $Name, [double] $Target, [scriptblock] $Query) {
    # The first run pays for the runtime's compiler; a user's second query does not.
    $cold = Measure-Ours $Query
    $null = Measure-Tool
    $pairs = for ($i = 0; $i -lt $Rounds; $i++) {
        $tool = Measure-Tool
        $ours = Measure-Ours $Query
        , @(($ours / $tool), $tool, $ours)
    }
    $sorted = [double[]] @(foreach ($p in $pairs) { $p[0] }); [Array]::Sort($sorted)
    $tools = [double[]] @(foreach ($p in $pairs) { $p[1] }); [Array]::Sort($tools)
    $mine = [double[]] @(foreach ($p in $pairs) { $p[2] }); [Array]::Sort($mine)
    $middle = [int] [Math]::Floor($Rounds / 2)
    '{0,-7} {1,-34} {2,6:0.00}x (best {3:0.00}, at most {4:0.00})   tool {5,5:0} ms   ours {6,5:0} ms   first {7,5:0} ms' -f
        $Backend, $Name, $sorted[$middle], $sorted[0], $Target, $tools[$middle], $mine[$middle], $cold
}

$source = [K8sNetfilter.Rulesets.LiveRulesetSource]::new([K8sNetfilter.IO.KernelRoot]::Live, $null)
$all = [K8sNetfilter.Rulesets.RulesetQuery]::new()
$count = 0
foreach ($table in $source.Read($all, [Threading.CancellationToken]::None).Tables) { $count += $table.RuleCount }
"$Backend  $count rules"
Compare-Both 'Get-NetfilterRule | Out-Null' 1.5 { Get-NetfilterRule | Out-Null }
Compare-Both 'the whole model' 1.15 { $null = $source.Read($all, [Threading.CancellationToken]::None) }
Compare-Both 'Get-NetfilterChain | Out-Null' 1.5 { Get-NetfilterChain | Out-Null }
Compare-Both 'Test-NetfilterChain -Quiet' 1.6 { $null = Test-NetfilterChain -Quiet }
