namespace K8sNetfilter.Tests;

/// <summary>
/// No thread of the runtime stays in a network namespace that a cmdlet worked in: it would keep the namespace alive, and work of the pool
/// on it would ask the wrong node. Seen in a process of its own, whose pool is cold.
/// </summary>
public sealed class NamespaceThreadTests
{
    private const string Script = """
        param($Inside)
        function Foreign {
            $own = [IO.FileInfo]::new('/proc/self/ns/net').LinkTarget
            foreach ($task in [IO.Directory]::GetDirectories('/proc/self/task')) {
                try {
                    $there = [IO.FileInfo]::new("$task/ns/net").LinkTarget
                    if ($there -and $there -ne $own) { [IO.File]::ReadAllText("$task/comm").Trim() }
                } catch { }
            }
        }
        # The runtime's own compiler thread and threads that are ending go by themselves, within seconds.
        function Settle($What) {
            for ($i = 0; $i -lt 150 -and (Foreign); $i++) { [Threading.Thread]::Sleep(100) }
            "${What}: $(Foreign)"
        }
        $null = Get-NetfilterRule -NetNamespace $Inside;            Settle rules
        $null = Get-NetfilterHook -NetNamespace $Inside;            Settle hooks
        $null = Get-NodeService -NetNamespace $Inside;              Settle services
        $null = Get-ConntrackEntry -NetNamespace $Inside;           Settle conntrack
        $null = Get-ConntrackStatistic -NetNamespace $Inside;       Settle statistic
        $null = Get-NodeBridgePort -NetNamespace $Inside;           Settle ports
        $null = Get-NodeBridgeNetfilter -NetNamespace $Inside;      Settle node
        $null = Get-NodeSysctl net.ipv4.* -NetNamespace $Inside;    Settle sysctls
        $null = Test-ServiceHairpin -Passive -NetNamespace $Inside; Settle passive
        $null = Test-ServiceHairpin -Probe -ServiceIP 127.0.0.1 -Port 9 -SourcePod $Inside -NetNamespace $Inside; Settle probe
        $null = Test-ServiceHairpin -Lab;                           Settle lab
        """;

    [Fact]
    public void No_cmdlet_leaves_a_thread_in_another_namespace()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "entering a namespace needs root");
        string script = Path.GetTempFileName() + ".ps1";
        try
        {
            File.WriteAllText(script, Script);
            // A namespace with rules of both backends, where the host has the tools, so that they are read by a tool inside.
            var run = K8snf.Bash($"unshare --net sh -c 'ip link set lo up; for b in nft legacy; do iptables-$b -A INPUT -j ACCEPT; done; exec sleep 300' 2>/dev/null & pid=$!; sleep 1; "
                + $"$K8SNF -File {script} $pid; kill $pid");
            Assert.Equal(
                ["rules: ", "hooks: ", "services: ", "conntrack: ", "statistic: ", "ports: ", "node: ", "sysctls: ", "passive: ", "probe: ", "lab: "], run.Lines);
        }
        finally
        {
            File.Delete(script);
        }
    }
}
