# Started by links.sh, inside its namespace.
param([int] $Rounds = 7)

. "$PSScriptRoot/compare.ps1"

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
