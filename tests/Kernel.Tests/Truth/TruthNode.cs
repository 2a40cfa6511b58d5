using System.Net;
using System.Net.Sockets;
using System.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Tests.KubeProxy;
using K8sNetfilter.Tests.Rulesets;
using K8sNetfilter.Tests.Services;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Truth;

/// <summary>
/// A node that a set-up arranges: a bridge cni0 with the pods a and b, eth0 on a network with an outside machine, and more where it is
/// asked for. Steps are shell lines in one machine's network namespace, or one of the methods here. All of it is gone with this object.
/// </summary>
internal sealed partial class TruthNode : IDisposable
{
    private readonly List<TruthMachine> _machines = [];
    private readonly List<TruthListener> _listeners = [];
    private readonly StringBuilder _steps = new();

    public TruthNode(bool v6)
    {
        V6 = v6;
        At = v6 ? TruthPlan.IPv6 : TruthPlan.IPv4;
        try
        {
            Node = Add("node", isPod: false);
            A = Add("a", isPod: true);
            B = Add("b", isPod: true);
            Outside = Add("outside", isPod: false);
            Build();
            Finish();
            Greet();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public bool V6 { get; }

    /// <summary>The addresses of the set-up's family.</summary>
    public TruthPlan At { get; }

    /// <summary>Which backend <see cref="Rules"/> and <see cref="KubeProxy"/> use.</summary>
    public NetfilterBackend Backend { get; set; } = NetfilterBackend.Nft;

    public TruthMachine Node { get; }

    /// <summary>The pods on the bridge; their ports are veth2 and veth3.</summary>
    public TruthMachine A { get; }

    public TruthMachine B { get; }

    /// <summary>A machine on the node's network.</summary>
    public TruthMachine Outside { get; }

    public IReadOnlyList<TruthMachine> Machines => _machines;

    public IReadOnlyList<TruthListener> Listeners => _listeners;

    /// <summary>The calls whose truth is measured.</summary>
    public List<TruthCall> Calls { get; } = [];

    /// <summary>What is false in truth of what an answer may take for granted: a part of that assumption's sentence.</summary>
    public List<string> False { get; } = [];

    /// <summary>The tool that changes rules.</summary>
    public string Iptables => $"ip{(V6 ? "6" : "")}tables-{(Backend == NetfilterBackend.Nft ? "nft" : "legacy")}";

    /// <summary>ip(8) with the family.</summary>
    public string Ip => V6 ? "ip -6" : "ip -4";

    private IPFamily Family => V6 ? IPFamily.IPv6 : IPFamily.IPv4;

    /// <summary>Adds shell lines to run in the node.</summary>
    public TruthNode Do(params string[] lines)
    {
        foreach (string line in lines)
        {
            _steps.Append(line).Append('\n');
        }

        return this;
    }

    /// <summary>Adds shell lines to run in another machine.</summary>
    public TruthNode In(TruthMachine machine, params string[] lines)
    {
        _steps.Append("nsenter --net=").Append(machine.Path);
        if (lines is ["ip -batch - <<B", .., "B"])
        {
            // One program needs no shell.
            _steps.Append(' ').AppendJoin('\n', lines).Append('\n');
        }
        else
        {
            _steps.Append(" bash -e <<'EOF'\n").AppendJoin('\n', lines).Append("\nEOF\n");
        }

        return this;
    }

    /// <summary>Sets kernel parameters of the node, such as <c>net.ipv4.ip_forward=0</c>.</summary>
    public TruthNode Sysctl(params string[] settings) => Do([.. settings.Select(s => "sysctl -qw " + s)]);

    /// <summary>Adds rules: what follows the tool's name on a command line.</summary>
    public TruthNode Rules(params string[] rules) => Do([.. rules.Select(r => $"{Iptables} -w {r}")]);

    /// <summary>Loads a ruleset of nft(8).</summary>
    public TruthNode Nft(string text) => Do($"nft -f - <<'EOF'\n{text.Replace("} }", "}\n}", StringComparison.Ordinal)}\nEOF");

    /// <summary>Loads the text of iptables-save.</summary>
    public TruthNode Restore(string text)
    {
        Finish();
        Rulesets.Restore.Do(Node.Space, Backend, Family, text);
        return this;
    }

    /// <summary>Loads kube-proxy's rules for Services.</summary>
    /// <param name="services">The Services.</param>
    /// <param name="change">Makes another text of that.</param>
    /// <param name="masqueradeAll">As --masquerade-all.</param>
    public TruthNode KubeProxy(IEnumerable<KubeProxyService> services, Func<string, string>? change = null, bool masqueradeAll = false)
    {
        string text = KubeProxyRuleset.Write(services, V6, masqueradeAll: masqueradeAll);
        return Restore(change is null ? text : change(text));
    }

    /// <summary>Loads kube-proxy's nftables table for Services.</summary>
    public TruthNode KubeProxyNft(params KubeProxyService[] services) => Nft(NftKubeProxy.Write(services, V6));

    /// <summary>The Service default/web:http, on port 80 of the plan's Service address.</summary>
    public KubeProxyService Web(params IPEndPoint[] endpoints) => new("default", "web", "http", At.Service, 80, endpoints);

    /// <summary>The same over UDP, on port 53 of the plan's second address.</summary>
    public KubeProxyService DnsService(params IPEndPoint[] endpoints) => new("kube-system", "dns", "dns", At.Dns, 53,
        endpoints) { Protocol = "udp" };

    /// <summary>Lets a machine listen.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="port">On which port.</param>
    /// <param name="udp">Over UDP.</param>
    /// <param name="at">At which address; null for any.</param>
    /// <param name="answers">False where it takes and says nothing.</param>
    /// <param name="isDual">For an IPv6 socket at any address: whether it takes IPv4 too. A set-up of IPv4 that gives it has an IPv6 socket.</param>
    /// <param name="isFull">Nobody takes its connections, and as many as may wait do.</param>
    public TruthNode Listen(TruthMachine machine, int port, bool udp = false, IPAddress? at = null, bool answers = true,
        bool? isDual = null, bool isFull = false)
    {
        Finish();
        at ??= V6 || isDual is not null ? IPAddress.IPv6Any : IPAddress.Any;
        _listeners.Add(new TruthListener(machine, new IPEndPoint(at, port), udp ? ProtocolType.Udp : ProtocolType.Tcp, answers, isDual, isFull));
        return this;
    }

    /// <summary>Adds a call to measure.</summary>
    public TruthNode Call(TruthMachine from, IPAddress to, int port, Func<TruthCall, TruthCall>? more = null)
    {
        var call = new TruthCall(from, AddressOf(from), to, port);
        Calls.Add(more is null ? call : more(call));
        return this;
    }

    /// <summary>Adds a call over UDP.</summary>
    public TruthNode CallUdp(TruthMachine from, IPAddress to, int port, Func<TruthCall, TruthCall>? more = null) =>
        Call(from, to, port, c => (more ?? (m => m))(c with { Protocol = ProtocolType.Udp }));

    /// <summary>Says what is false of what an answer may take for granted.</summary>
    public TruthNode IsFalse(string part)
    {
        False.Add(part);
        return this;
    }

    /// <summary>The machine that has an address as its own.</summary>
    public TruthMachine? Find(IPAddress address) => _machines.Find(m => address.Equals(AddressOf(m)));

    /// <summary>Runs the steps that are waiting.</summary>
    public void Finish()
    {
        if (_steps.Length == 0)
        {
            return;
        }

        string script = "set -e\nPATH=$PATH:/usr/sbin:/sbin\n" + _steps;
        _steps.Clear();
        Tool.Run(Node.Space, "bash", "-c", script);
    }

    public void Dispose()
    {
        _listeners.ForEach(l => l.Dispose());
        _machines.ForEach(m => m.Dispose());
        _listeners.Clear();
        _machines.Clear();
    }
}
