# Runs the tool and the cmdlet in turn and prints the medians. Started by hairpin.sh, inside its namespace.
param([string] $What, [string] $Backend, [string] $Services, [int] $Rounds)

function Measure-Tool {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $process = [Diagnostics.Process]::Start('/bin/sh', "-c ""exec iptables-$Backend-save >/dev/null 2>&1""")
    $process.WaitForExit()
    $watch.Elapsed.TotalMilliseconds
}

function Measure-Ours {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    Test-ServiceHairpin | Out-Null
    $watch.Elapsed.TotalMilliseconds
}

function Get-Median([double[]] $Values) { [Array]::Sort($Values); $Values[[int] [Math]::Floor($Values.Length / 2)] }

function Get-Peak { foreach ($line in [IO.File]::ReadLines('/proc/self/status')) { if ($line -match 'VmHWM:\s+(\d+)') { return [int] $Matches[1] / 1024 } } }

# So often that the runtime has compiled what is called often: a running engine is what is measured; the first call is shown by itself.
$warm = 6

if ($What -eq 'serve') {
    # Measures once for each line that comes, and says what: "tool ours" in milliseconds. First of all the first call, and the memory.
    $asked = [IO.StreamReader]::new($Backend); $Backend = 'legacy'
    $said = [IO.StreamWriter]::new($Services)
    $said.AutoFlush = $true
    $said.WriteLine(('{0:0} {1:0}' -f (Measure-Ours), (Get-Peak)))
    for ($i = 0; $i -lt $warm; $i++) { $null = Measure-Ours }
    while ($null -ne $asked.ReadLine()) { $said.WriteLine(('{0:0.0} {1:0.0}' -f (Measure-Tool), (Measure-Ours))) }
    return
}

$results = @(Test-ServiceHairpin)
$groups = @{}
foreach ($result in $results) { $groups["$($result.Verdict) $($result.Cause)"]++ }
"$Backend, $Services Services: $($results.Count) results ($(@(foreach ($key in $groups.Keys) { "$($groups[$key]) $key" }) -join '; '))"
$results = $null
for ($i = 0; $i -lt $warm; $i++) { $null = Measure-Ours }
$pairs = for ($i = 0; $i -lt $Rounds; $i++) { $tool = Measure-Tool; $ours = Measure-Ours; , @(($ours / $tool), $tool, $ours) }
$ratios = [double[]] @(foreach ($p in $pairs) { $p[0] })
[Array]::Sort($ratios)
'  Test-ServiceHairpin | Out-Null   {0,5:0.00}x (best {1:0.00}, at most 1.60)   iptables-save {2,5:0} ms   ours {3,5:0} ms' -f
    (Get-Median $ratios), $ratios[0], (Get-Median @(foreach ($p in $pairs) { $p[1] })), (Get-Median @(foreach ($p in $pairs) { $p[2] }))

# One walk, there and back, on the model: packets to Services in no order, each walked once before.
$node = [K8sNetfilter.Nodes.LiveNode]::new([K8sNetfilter.IO.KernelRoot]::Live)
$rules = $node.Rulesets.Read([K8sNetfilter.Rulesets.RulesetQuery]::new(), [Threading.CancellationToken]::None)
$walk = [K8sNetfilter.Simulation.PacketWalk]::Create($rules, $node.Links, $node.Sysctls, { })
$random = [Random]::new(1)
$options = [K8sNetfilter.Simulation.WalkOptions] @{ Reply = $true }
$packets = for ($i = 0; $i -lt 2000; $i++) {
    $s = $random.Next([int] $Services)
    [K8sNetfilter.Simulation.Packet] @{ Source = '10.244.0.2'; Destination = '10.{0}.{1}.{2}' -f (96 + [Math]::Floor($s / 60000)), ([Math]::Floor($s / 250) % 240), ($s % 250 + 1); DestinationPort = 80; InInterface = 'veth0' }
}
foreach ($packet in $packets) { $null = $walk.Walk($packet, $options) }
$times = foreach ($packet in $packets) { $at = [Diagnostics.Stopwatch]::GetTimestamp(); $null = $walk.Walk($packet, $options); [Diagnostics.Stopwatch]::GetElapsedTime($at).TotalMicroseconds }
'  one walk there and back, median  {0,5:0.0} us (at most 50)' -f (Get-Median $times)
