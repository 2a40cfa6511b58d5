using K8sNetfilter.Simulation;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>Where a packet goes that is sent to a Service: by its name, and by rows of Get-NodeService.</summary>
public sealed class ServiceTraceTests : CommandTests
{
    private const string NodePorts = """
        [0:0] -A KUBE-SERVICES -m addrtype --dst-type LOCAL -m comment --comment "kubernetes service nodeports" -j KUBE-NODEPORTS
        [0:0] -A KUBE-NODEPORTS -p tcp -m comment --comment "default/web:http" -m tcp --dport 30080 -j KUBE-SVC-AAAAAAAAAAAAAAAA
        [0:0] -A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "default/web:metrics cluster IP" -m tcp --dport 9090 -j KUBE-SVC-AAAAAAAAAAAAAAAA

        """;

    public ServiceTraceTests()
    {
        string from = Path.Combine(ModuleEngine.RepositoryRoot(), "tests/Module.Tests/Snapshots/Node");
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string text = File.ReadAllText(file);
            int end = text.LastIndexOf("COMMIT", StringComparison.Ordinal);
            Node.File("/" + Path.GetRelativePath(from, file), Path.GetFileName(file) != "iptables-legacy-save.txt" ? text
                : text[..end].Replace(":KUBE-SERVICES -", ":KUBE-NODEPORTS - [0:0]\n:KUBE-SERVICES -", StringComparison.Ordinal) + NodePorts + text[end..]);
        }
    }

    [Theory]
    [InlineData("-Service default/web", "10.96.0.10:80 10.96.0.10:9090")]
    [InlineData("-Service default/web:http", "10.96.0.10:80")]
    [InlineData("-Service *:metrics", "10.96.0.10:9090")]
    [InlineData("-Service web -DestinationPort 9090", "10.96.0.10:9090")]
    [InlineData("-Service web -DestinationPort 30080", "10.244.0.1:30080")]
    public void A_name_is_an_address_and_a_port(string asked, string expected) =>
        Assert.Equal(expected, Called($"Trace-NetfilterPacket 10.244.0.11 {asked} -Snapshot $root"));

    [Theory]
    [InlineData("Get-NodeService -Type NodePort -Snapshot $root | Trace-NetfilterPacket -Source 10.244.0.11 -Snapshot $root", "10.244.0.1:30080")]
    [InlineData("Get-NodeService default/web:* -Snapshot $root | Trace-NetfilterPacket 10.244.0.11 -Snapshot $root", "10.96.0.10:80 10.96.0.10:9090 10.244.0.1:30080")]
    public void Rows_of_Get_NodeService_are_addresses_and_ports_too(string line, string expected) => Assert.Equal(
        expected.Split(' ').Order(StringComparer.Ordinal), Called(line).Split(' ').Order(StringComparer.Ordinal));

    [Fact]
    public void A_name_that_no_Service_has_and_no_address_are_errors()
    {
        Fails("Trace-NetfilterPacket 10.244.0.11 -Service default/wbe -Snapshot $root", "ServiceNotFound", System.Management.Automation.ErrorCategory.ObjectNotFound);
        Fails("Get-NodeService -Type NodePort -Snapshot $root | Trace-NetfilterPacket -Path $root/iptables-legacy-save.txt", "NoNodeAddress", System.Management.Automation.ErrorCategory.ObjectNotFound);
        Fails("Trace-NetfilterPacket -DestinationPort 80 -Snapshot $root", "DestinationMissing", System.Management.Automation.ErrorCategory.InvalidArgument);
    }

    private string Called(string line)
    {
        string[] texts =
        [
            .. Engine.Run(line, ("root", Node.Path)).Select(o => (TraceStep)o.BaseObject).Where(s => s.Number == 1).Select(s => $"{s.Packet.Destination}:{s.Packet.DestinationPort}"),
        ];
        Assert.Empty(Engine.Errors.Select(e => e.ToString()));
        return string.Join(' ', texts);
    }
}
