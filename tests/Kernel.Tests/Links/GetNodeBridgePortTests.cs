using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using K8sNetfilter.Commands;
using K8sNetfilter.Links;

namespace K8sNetfilter.Tests.Links;

public sealed class GetNodeBridgePortTests : IDisposable
{
    private readonly Runspace _runspace;
    private readonly NodeFixture _node = new(3);

    public GetNodeBridgePortTests()
    {
        var state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry("Get-NodeBridgePort", typeof(GetNodeBridgePortCommand), null));
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
        _runspace.SessionStateProxy.SetVariable("node", $"/proc/self/fd/{_node.Node.Descriptor}");
        _node.Link.SetBridgePort("veth1", new BridgePortSettings { Hairpin = true, Isolated = true });
    }

    public void Dispose()
    {
        _runspace.Dispose();
        _node.Dispose();
    }

    private (List<PSObject> Output, List<ErrorRecord> Errors) Run(string script)
    {
        using var shell = PowerShell.Create(_runspace).AddScript(script);
        var output = shell.Invoke();
        return ([.. output], [.. shell.Streams.Error]);
    }

    private string[] Names(string script)
    {
        var (output, errors) = Run(script);
        Assert.Empty(errors);
        return [.. output.Select(o => ((BridgePort)o.BaseObject).Name)];
    }

    [Fact]
    public void Ports_are_chosen_by_name_and_bridge()
    {
        Assert.Equal(["veth0", "veth1", "veth2"], Names("Get-NodeBridgePort -NetNamespace $node"));
        Assert.Equal(["veth1"], Names("Get-NodeBridgePort veth1 -NetNamespace $node"));
        Assert.Equal(["veth0", "veth2"], Names("Get-NodeBridgePort veth[02] -Bridge cni* -NetNamespace $node"));
        Assert.Equal(["veth0", "veth2"], Names("'veth0', 'veth2' | Get-NodeBridgePort -NetNamespace $node"));
        Assert.Empty(Names("Get-NodeBridgePort none* -NetNamespace $node"));
        Assert.Empty(Names("Get-NodeBridgePort -Bridge none* -NetNamespace $node"));
        Assert.Equal(["veth1"], Names("Get-NodeBridgePort -NetNamespace $node | Where-Object { [ipaddress]'10.244.0.3' -in $_.Address -and $_.Hairpin -and $_.Isolated }"));
    }

    [Theory]
    [InlineData("Get-NodeBridgePort veth0, none -NetNamespace $node", "BridgePortNotFound", 1)]
    [InlineData("Get-NodeBridgePort -Bridge none -NetNamespace $node", "BridgeNotFound", 0)]
    [InlineData("Get-NodeBridgePort -NetNamespace none", "NamespaceNotFound", 0)]
    [InlineData("Get-NodeBridgePort -NetNamespace /dev/null", "NotANetworkNamespace", 0)]
    public void What_is_not_there_is_an_error_and_the_rest_goes_on(string script, string errorId, int written)
    {
        var (output, errors) = Run(script);
        Assert.StartsWith(errorId + ",", Assert.Single(errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.NotNull(errors[0].ErrorDetails.RecommendedAction);
        Assert.Equal(written, output.Count);
    }

    [Fact]
    public void A_port_survives_remoting()
    {
        var port = Run("Get-NodeBridgePort veth1 -NetNamespace $node").Output[0];
        var back = (PSObject)PSSerializer.Deserialize(PSSerializer.Serialize(port));
        foreach (string name in new[] { "Name", "Bridge", "Index", "Hairpin", "Isolated", "Kind", "MacAddress", "Mtu", "IsUp", "PeerIndex", "State", "AddressSource" })
        {
            Assert.Equal(Text(port.Properties[name].Value), Text(back.Properties[name].Value));
        }

        Assert.Equal("10.244.0.3 fd00:10:244::3", string.Join(' ', LanguagePrimitives.GetEnumerable(back.Properties["Address"].Value)!.Cast<object>()));
        static string? Text(object? value) => Convert.ToString(value is PSObject wrapped ? wrapped.ToString() : value, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_reading_leaves_no_descriptor_and_no_thread_inside()
    {
        Names("Get-NodeBridgePort -NetNamespace $node");
        int before = Directory.GetFileSystemEntries("/proc/self/fd").Count(IsNamespace);
        for (int i = 0; i < 50; i++)
        {
            Names("Get-NodeBridgePort -NetNamespace $node");
        }

        Assert.Equal(before, Directory.GetFileSystemEntries("/proc/self/fd").Count(IsNamespace));
        // Other tests open sockets meanwhile, so that only descriptors of this namespace can be counted.
        bool IsNamespace(string path) => new FileInfo(path).LinkTarget is { } target && target.StartsWith("net:[" + _node.Node.Inode, StringComparison.Ordinal);
    }
}
