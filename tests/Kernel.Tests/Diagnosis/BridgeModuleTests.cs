using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Lab;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>
/// br_netfilter comes and goes while connections are open. Loading a module changes the machine, so this runs in the virtual machine only
/// (tests/vm), where it begins without the module.
/// </summary>
public sealed class BridgeModuleTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public void What_is_open_when_br_netfilter_comes_and_goes_does_what_follows_from_it(AddressFamily family)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("VM_BOOT") is not null, "it loads and unloads a kernel module: in the virtual machine only");
        Assert.False(Directory.Exists("/proc/sys/net/bridge"), "br_netfilter is loaded already");
        using var here = NetworkNamespace.OpenCurrent();
        using var plain = new Pair(new LabScenario { Name = "plain", Family = family, Call = false });
        using var masqueraded = new Pair(new LabScenario { Name = "masqueraded", Family = family, Call = false, Masquerade = LabMasquerade.All });
        using var routed = new Pair(new LabScenario { Name = "routed", Family = family, Call = false, Target = LabTarget.Routed });
        try
        {
            // Without the module: the call across one bridge waits for an answer that is no answer to it; the others talk.
            plain.Begin();
            masqueraded.Begin();
            routed.Begin();
            Assert.True(masqueraded.Talks());
            Assert.True(routed.Talks());
            Assert.False(plain.IsConnected(TimeSpan.FromSeconds(3)), "it works without br_netfilter");

            // Its switches start at 1, in every network namespace that there is.
            Tool.Run(here, "modprobe br_netfilter");
            Assert.True(masqueraded.Talks(), "a masqueraded connection broke when br_netfilter came");
            Assert.True(routed.Talks(), "a routed connection broke when br_netfilter came");
            Assert.True(plain.IsConnected(Patience), "the waiting call was not answered when br_netfilter came");
            Assert.True(plain.Talks());

            // The switch, then the module: an open connection that needs it is cut off (its pod resets what seems to come from nowhere), the
            // others are not.
            plain.SetCall(false);
            Assert.False(plain.Talks(TimeSpan.FromSeconds(3)), "an open connection went on without the switch");
            using var later = new Pair(new LabScenario { Name = "later", Family = family });
            later.Begin();
            Assert.True(later.Talks());
            // Not modprobe -r: that takes the bridge module along, and all bridges with it.
            Tool.Run(here, "rmmod br_netfilter");
            Assert.False(later.Talks(TimeSpan.FromSeconds(3)), "an open connection went on without br_netfilter");
            Assert.True(masqueraded.Talks());
            Assert.True(routed.Talks());
        }
        finally
        {
            if (Directory.Exists("/proc/sys/net/bridge"))
            {
                Tool.Run(here, "rmmod br_netfilter");
            }
        }
    }

    /// <summary>A lab node with one call that stays open.</summary>
    private sealed class Pair : IDisposable
    {
        private readonly LabNode _lab;
        private readonly LabServer _server;
        private readonly Thread _serving;
        private readonly CancellationTokenSource _stop = new();
        private readonly Socket _client;
        private readonly IPEndPoint _service;
        private readonly bool _isV6;

        public Pair(LabScenario scenario)
        {
            var addresses = LabAddresses.For(scenario.Family, scenario.Target);
            _service = addresses.Service;
            _isV6 = scenario.Family == AddressFamily.InterNetworkV6;
            _lab = new LabNode(scenario, Cancellation);
            _server = _lab.Endpoint.Run(() => new LabServer(scenario.Family, ProtocolType.Tcp, addresses.Endpoint.Port));
            _serving = new Thread(() => _server.Serve(_stop.Token)) { IsBackground = true };
            _serving.Start();
            _client = _lab.Client.Run(() => new Socket(scenario.Family, SocketType.Stream, ProtocolType.Tcp) { Blocking = false, NoDelay = true });
        }

        public void Begin()
        {
            try
            {
                _client.Connect(_service);
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // It goes on by itself.
            }
        }

        public bool IsConnected(TimeSpan within) => _client.Poll(within, SelectMode.SelectWrite) && !_client.Poll(0, SelectMode.SelectError);

        public bool Talks() => IsConnected(Patience) && Talks(Patience);

        public bool Talks(TimeSpan within)
        {
            try
            {
                _client.Send([1]);
                return _client.Poll(within, SelectMode.SelectRead) && _client.Receive(new byte[16]) > 0;
            }
            catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
            {
                return false;
            }
        }

        public void SetCall(bool on) => _lab.Node.Run(() =>
            File.WriteAllText($"/proc/sys/net/bridge/bridge-nf-call-ip{(_isV6 ? "6" : "")}tables", on ? "1" : "0"));

        public void Dispose()
        {
            _stop.Cancel();
            _client.Dispose();
            _serving.Join();
            _server.Dispose();
            _lab.Dispose();
            _stop.Dispose();
        }
    }
}
