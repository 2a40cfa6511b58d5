using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Commands;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Lab;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Tests.KubeProxy;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Services;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>
/// A node with running pods and kube-proxy's own kind of rules, and an engine with the cmdlet that looks at it. All of it is gone with
/// this object.
/// </summary>
internal sealed class ProbeNode : IDisposable
{
    private readonly LabScenario _scenario;
    private readonly Runspace _runspace;
    private readonly List<Process> _processes = [];
    private readonly CancellationTokenSource _stop = new();
    private LabServer? _server;
    private Thread? _serving;

    public ProbeNode(LabScenario scenario, bool serve = true, bool nftables = false)
    {
        Privilege.MakeNamespace().Dispose();
        foreach (string tool in (string[])["nft", "iptables-nft-restore", "ip"])
        {
            Tool.Require(tool);
        }

        _scenario = scenario;
        Addresses = LabAddresses.For(scenario.Family, scenario.Target);
        Lab = new LabNode(scenario, TestContext.Current.CancellationToken);
        // The lab's rules make way for those that kube-proxy would write, which name the Service.
        Tool.Run(Lab.Node, $"nft delete table {(IsV6 ? "ip6" : "ip")} k8snetfilter-lab");
        if (nftables)
        {
            LoadNftables();
        }
        else
        {
            Restore(KubeProxy());
        }

        ClientProcess = Occupy(Lab.Client);
        EndpointProcess = Lab.Endpoint == Lab.Client ? ClientProcess : Occupy(Lab.Endpoint);
        if (serve)
        {
            _server = Lab.Endpoint.Run(() => new LabServer(scenario.Family, scenario.Protocol, Addresses.Endpoint.Port));
            _serving = new Thread(() => _server.Serve(_stop.Token)) { IsBackground = true };
            _serving.Start();
        }

        var state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry("Test-ServiceHairpin", typeof(TestServiceHairpinCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Test-NetfilterChain", typeof(TestNetfilterChainCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Trace-NetfilterPacket", typeof(TraceNetfilterPacketCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Get-NetfilterHook", typeof(GetNetfilterHookCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Get-NodeService", typeof(GetNodeServiceCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Get-NetfilterRule", typeof(GetNetfilterRuleCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Export-NodeSnapshot", typeof(ExportNodeSnapshotCommand), null));
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
        _runspace.SessionStateProxy.SetVariable("node", Space);
        _runspace.SessionStateProxy.SetVariable("service", Addresses.ServiceAddress);
        _runspace.SessionStateProxy.SetVariable("client", ClientProcess.Id.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>What -NetNamespace is given.</summary>
    public string Space => $"/proc/self/fd/{Lab.Node.Descriptor}";

    public LabNode Lab { get; }

    public LabAddresses Addresses { get; }

    /// <summary>What runs in the pods.</summary>
    public Process ClientProcess { get; }

    public Process EndpointProcess { get; }

    private bool IsV6 => _scenario.Family == AddressFamily.InterNetworkV6;

    /// <summary>Runs the cmdlet; an error record fails the test.</summary>
    public List<object> Run(string script)
    {
        var (output, errors) = TryRun(script);
        Assert.Empty(errors);
        return output;
    }

    public (List<object> Output, List<ErrorRecord> Errors) TryRun(string script)
    {
        using var shell = PowerShell.Create(_runspace).AddScript(script);
        var output = shell.Invoke();
        Warnings = [.. shell.Streams.Warning.Select(w => w.Message)];
        return ([.. output.Select(o => o.BaseObject)], [.. shell.Streams.Error]);
    }

    /// <summary>What the last run warned of.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Probes from the client.</summary>
    public ServiceHairpinResult Probe(int port = 80, string more = "-Timeout 1.5") => Assert.IsType<ServiceHairpinResult>(
        Assert.Single(Run($"Test-ServiceHairpin -Probe -ServiceIP $service -Port {port} -Protocol {_scenario.Protocol} -SourcePod $client -NetNamespace $node {more}")));

    /// <summary>Starts a probe, to be stopped or disturbed.</summary>
    public PowerShell Begin(string script, out IAsyncResult running)
    {
        var shell = PowerShell.Create(_runspace).AddScript(script);
        running = shell.BeginInvoke();
        return shell;
    }

    /// <summary>A way out for what no rule translates, which swallows everything.</summary>
    public void AddWayOut()
    {
        Tool.Run(Lab.Node, "ip link add out0 type veth peer name out1");
        Tool.Run(Lab.Node, "ip link set out1 up");
        Tool.Run(Lab.Node, "ip link set out0 up");
        Tool.Run(Lab.Node, $"ip -{(IsV6 ? 6 : 4)} route add default dev out0");
        Tool.Run(Lab.Node, $"ip neighbour add {Addresses.ServiceAddress} lladdr 02:00:00:00:00:01 dev out0");
    }

    public void Restore(string rules)
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, rules);
        Tool.Run(Lab.Node, $"ip{(IsV6 ? "6" : "")}tables-nft-restore", "-n", file);
        File.Delete(file);
    }

    // The table of kubernetes/pkg/proxy/nftables/proxier.go, with the Service that the iptables rules have, and one without endpoints.
    private void LoadNftables()
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, NftKubeProxy.Write(
        [
            new KubeProxyService("default", "web", "http", Addresses.ServiceAddress, Addresses.Service.Port, [Addresses.Endpoint])
            {
                Protocol = _scenario.Protocol == ProtocolType.Tcp ? "tcp" : "udp",
                AffinitySeconds = 10800,
            },
            new KubeProxyService("default", "none", "http", Addresses.ServiceAddress, 82, []),
        ], IsV6));
        Tool.Run(Lab.Node, "nft", "-f", file);
        File.Delete(file);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _runspace.Dispose();
        _serving?.Join();
        _server?.Dispose();
        foreach (var process in _processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        Lab.Dispose();
        _stop.Dispose();
    }

    private Process Occupy(NetworkNamespace pod)
    {
        var process = pod.Run(() => Process.Start("sleep", "300"));
        _processes.Add(process);
        return process;
    }

    // The chains and rules of kubernetes/pkg/proxy/iptables/proxier.go, for one Service with one endpoint.
    private string KubeProxy()
    {
        string protocol = _scenario.Protocol == ProtocolType.Tcp ? "tcp" : "udp";
        int bits = IsV6 ? 128 : 32;
        string masquerade = _scenario.Masquerade == LabMasquerade.None ? ""
            : $"-A KUBE-SEP-AAAAAAAAAAAAAAAA -s {Addresses.EndpointAddress}/{bits} -m comment --comment \"default/web:http\" -j KUBE-MARK-MASQ";
        return $"""
            *nat
            :KUBE-SERVICES - [0:0]
            :KUBE-POSTROUTING - [0:0]
            :KUBE-MARK-MASQ - [0:0]
            :KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]
            :KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]
            -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
            -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
            -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
            -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
            -A KUBE-POSTROUTING -j MASQUERADE --random-fully
            -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
            -A KUBE-SERVICES -d {Addresses.ServiceAddress}/{bits} -p {protocol} -m comment --comment "default/web:http cluster IP" -m {protocol} --dport 80 -j KUBE-SVC-AAAAAAAAAAAAAAAA
            -A KUBE-SVC-AAAAAAAAAAAAAAAA -m comment --comment "default/web:http -> {Addresses.Endpoint}" -j KUBE-SEP-AAAAAAAAAAAAAAAA
            {masquerade}
            -A KUBE-SEP-AAAAAAAAAAAAAAAA -p {protocol} -m comment --comment "default/web:http" -m {protocol} -j DNAT --to-destination {Addresses.Endpoint}
            COMMIT

            """;
    }
}
