# Runs the tools and the cmdlet in turn and prints the median of the rounds' ratios. Started by links.sh, inside its namespace.
param([int] $Rounds = 7)

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
    $pairs = for ($i = 0; $i -lt $Rounds; $i++) {
        $tool = Measure-Tool $Commands
        $ours = Measure-Ours $Query
        , @(($ours / $tool), $tool, $ours)
    }
    $sorted = [double[]] @(foreach ($p in $pairs) { $p[0] }); [Array]::Sort($sorted)
    $tools = [double[]] @(foreach ($p in $pairs) { $p[1] }); [Array]::Sort($tools)
    $mine = [double[]] @(foreach ($p in $pairs) { $p[2] }); [Array]::Sort($mine)
    $middle = [int] [Math]::Floor($Rounds / 2)
    '{0,-44} {1,6:0.00}x (best {2:0.00}, at most {3:0.00})   tool {4,5:0} ms   ours {5,5:0} ms   first {6,5:0} ms' -f
        $Name, $sorted[$middle], $sorted[0], $Target, $tools[$middle], $mine[$middle], $cold
}

# The types are there once a cmdlet has run.
Get-NodeBridgePort -Name none* | Out-Null
$same = 'ip -j -d link >/dev/null; bridge -j fdb >/dev/null; ip -j neigh >/dev/null'
$node = [K8sNetfilter.Nodes.LiveNode]::new([K8sNetfilter.IO.KernelRoot]::Live, $null)
$links = $node.Links
$warn = [Action[string]] { }
$none = [Threading.CancellationToken]::None
Compare-Both 'links, forwarding entries, neighbours' 1.0 $same {
    $null = $links.ReadLinks($warn, $none); $null = $links.ReadForwardingEntries($warn, $none); $null = $links.ReadNeighbors($warn, $none)
}
# This one gives the addresses inside each pod and the names of their namespaces as well, for which ip would take a call a pod.
Compare-Both 'ports with the pods behind them' 1.0 $same { Get-NodeBridgePort | Out-Null }
