using K8sNetfilter.Sets;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Sets;

/// <summary>Get-NetfilterSet from a snapshot with the output of <c>ipset save</c>.</summary>
public sealed class GetNetfilterSetTests : IDisposable
{
    private const string Saved = """
        create pods hash:net family inet hashsize 1024 maxelem 65536 timeout 600 counters comment
        add pods 10.244.0.0/16 timeout 0 packets 3 bytes 4 comment "mine"
        add pods 10.244.9.0/24 timeout 55 nomatch packets 0 bytes 0
        create services hash:ip,port family inet hashsize 1024 maxelem 65536
        add services 10.96.0.10,tcp:80
        create six hash:ip family inet6 hashsize 1024 maxelem 65536
        add six fd00::1
        create ports bitmap:port range 1-1000
        add ports 80
        create all list:set size 8
        add all pods
        add all services

        """;

    private readonly ModuleEngine _engine = new();
    private readonly string _snapshot = Directory.CreateTempSubdirectory("k8snf-sets").FullName;

    public GetNetfilterSetTests() => File.WriteAllText(Path.Combine(_snapshot, "ipset.txt"), Saved);

    public void Dispose()
    {
        _engine.Dispose();
        Directory.Delete(_snapshot, recursive: true);
    }

    private string[] Names(string parameters) =>
        [.. _engine.Run($"Get-NetfilterSet {parameters} -Snapshot $s", ("s", _snapshot)).Select(o => ((NetfilterSet)o.BaseObject).Name)];

    [Theory]
    [InlineData("", "pods services six ports all")]
    [InlineData("p*", "pods ports")]
    [InlineData("-Family IPv6", "six ports all")]
    [InlineData("-Kind IpSet six", "six")]
    [InlineData("-Kind Map", "")]
    [InlineData("-Table *", "")]
    [InlineData("-Contains 10.244.1.7", "pods all")]
    [InlineData("-Contains 10.244.9.7", "")]
    [InlineData("-Contains '10.96.0.10,tcp:80', fd00::1", "services six all")]
    [InlineData("-Contains 80", "ports")]
    [InlineData("-Contains 10.244.0.0/16", "pods all")]
    [InlineData("-Contains pods", "all")]
    public void The_sets_that_are_asked_for_come(string parameters, string names)
    {
        Assert.Equal(names, string.Join(' ', Names(parameters)));
        Assert.Empty(_engine.Errors);
    }

    [Fact]
    public void An_element_has_what_the_set_has_of_it()
    {
        var set = (NetfilterSet)_engine.Run("Get-NetfilterSet pods -Contains 10.244.1.7 -Snapshot $s",
            ("s", _snapshot)).Single().BaseObject;
        Assert.Equal(("IPv4", null, "hash:net", NetfilterSetKind.IpSet, 600L, 2),
            (set.Family, set.Table, set.KeyType, set.Kind, set.Timeout, set.Count));
        Assert.Equal(["hashsize 1024", "maxelem 65536", "counters", "comment"], set.Flags);
        var found = Assert.Single(set.Found);
        Assert.Equal(("10.244.0.0/16", null, 3ul, 4ul, "mine"), (found.Key, found.Expires, found.Packets, found.Bytes, found.Comment));
        Assert.Equal((true, 55L), (set.Elements[1].IsException, set.Elements[1].Expires));
    }

    [Fact]
    public void A_name_that_does_not_exist_is_an_error_and_a_missing_file_is_named()
    {
        Assert.Empty(Names("nothing"));
        Assert.Contains("There is no set nothing", Assert.Single(_engine.Errors).ToString(), StringComparison.Ordinal);
        File.Move(Path.Combine(_snapshot, "ipset.txt"), Path.Combine(_snapshot, "uname.txt"));
        Assert.Empty(Names(""));
        Assert.Contains("ipset.txt", Assert.Single(_engine.Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Elements_survive_serialization()
    {
        string[] lines =
        [
            .. _engine.Run(
                "$x = Get-NetfilterSet pods -Snapshot $s; $y = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($x, 3)); "
                + "$y.Name; $y.Elements[0].Key; $y.Elements[1].Key",
                ("s", _snapshot)).Select(o => o.ToString()),
        ];
        Assert.Equal(["pods", "10.244.0.0/16", "10.244.9.0/24"], lines);
    }
}
