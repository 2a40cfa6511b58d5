using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Diagnosis.Lab;
using K8sNetfilter.Diagnosis.Probe;
using K8sNetfilter.IO;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Tests.KubeProxy;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Rulesets;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>
/// A Service with session affinity and two endpoints, one of which is the caller itself. A session with either is put into the kernel's
/// list (xt_recent), so that chance has no part in it: then the pod's call ends as the diagnosis says of that endpoint.
/// </summary>
public sealed class ServiceSessionTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1.2);
    private static readonly TimeSpan SecondWait = TimeSpan.FromSeconds(4);

    public static TheoryData<AddressFamily, NetfilterBackend, bool, bool> Cells()
    {
        var cells = new TheoryData<AddressFamily, NetfilterBackend, bool, bool>();
        foreach (var family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            foreach (bool call in (bool[])[false, true])
            {
                foreach (bool hairpin in (bool[])[false, true])
                {
                    cells.Add(family, call == hairpin ? NetfilterBackend.Nft : NetfilterBackend.Legacy, call, hairpin);
                }
            }
        }

        return cells;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void A_session_ends_as_is_said_of_its_endpoint(AddressFamily family, NetfilterBackend backend, bool call, bool hairpin)
    {
        Tool.Require("iptables-legacy-restore");
        Assert.SkipUnless(!call || Directory.Exists("/proc/sys/net/bridge"), "br_netfilter is not loaded");
        bool v6 = family == AddressFamily.InterNetworkV6;
        var addresses = LabAddresses.For(family, LabTarget.SameBridge);
        using var lab = new LabNode(new LabScenario { Name = "Session", Family = family, Target = LabTarget.SameBridge, Call = call, Hairpin = hairpin }, TestContext.Current.CancellationToken);
        var own = new IPEndPoint(addresses.ClientAddress, addresses.Endpoint.Port);
        var service = new KubeProxyService("default", "web", "http", addresses.ServiceAddress, 80, [addresses.Endpoint, own]) { AffinitySeconds = 10800 };
        Tool.Run(lab.Node, $"nft delete table {(v6 ? "ip6" : "ip")} k8snetfilter-lab");
        Restore.Do(lab.Node, backend, v6 ? IPFamily.IPv6 : IPFamily.IPv4, KubeProxyRuleset.Write([service], v6));
        var all = ServiceHairpinDiagnosis.Run(new LiveNode(KernelRoot.Live, lab.Node), new HairpinQuery { OnProblem = p => Assert.Fail(p.Message) }, CancellationToken.None)!
            .Where(r => r.SourcePod == addresses.Client).ToList();
        Assert.Equal(2, all.Count);

        using var stop = new CancellationTokenSource();
        using var there = lab.Endpoint.Run(() => new LabServer(family, ProtocolType.Tcp, addresses.Endpoint.Port));
        using var here = lab.Client.Run(() => new LabServer(family, ProtocolType.Tcp, own.Port));
        Thread[] serving = [new(() => there.Serve(stop.Token)), new(() => here.Serve(stop.Token))];
        Array.ForEach(serving, s => s.Start());
        try
        {
            foreach (var endpoint in (IPEndPoint[])[addresses.Endpoint, own, addresses.Endpoint])
            {
                // The lists of the other sessions are emptied: the first list that has the client decides.
                string chain = KubeProxyRuleset.ChainName("KUBE-SEP-", service.FullName, "tcp", endpoint.ToString());
                Tool.Run(lab.Node, "bash", "-c", $"for f in /proc/net/xt_recent/KUBE-SEP-*; do echo / >$f; done; echo +{addresses.Client} >/proc/net/xt_recent/{chain}");
                var said = Assert.Single(all, r => r.Endpoint == endpoint.ToString());
                var observed = Call(lab, addresses.Service, said.Verdict == ServiceVerdict.Works);
                output.WriteLine($"{family} call={call} hairpin={hairpin} {backend}: a session with {endpoint} {observed}, said {said.Verdict} {said.Cause}");
                Assert.Equal((said.Verdict, endpoint), (observed == LabObservation.Connected ? ServiceVerdict.Works : ServiceVerdict.Broken, endpoint));
            }
        }
        finally
        {
            stop.Cancel();
            Array.ForEach(serving, s => s.Join());
        }
    }

    private static LabObservation Call(LabNode lab, IPEndPoint to, bool shouldWork)
    {
        LabObservation Once(TimeSpan wait)
        {
            using var call = lab.Client.Run(() => new ServiceCall(to, ProtocolType.Tcp));
            return call.Make(new byte[16], wantEcho: true, wait, CancellationToken.None);
        }

        var first = Once(Wait);
        return first != LabObservation.Connected && shouldWork ? Once(SecondWait) : first;
    }
}
