using K8sNetfilter.Diagnosis.Chains;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Rulesets;

public sealed class TestNetfilterChainCommandTests : IDisposable
{
    private readonly ModuleEngine _engine = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("k8snf").FullName;

    private string Dump(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private NetfilterChainResult[] Test(string arguments, params (string, object?)[] variables) =>
        [.. _engine.Run("Test-NetfilterChain " + arguments, variables).Select(o => (NetfilterChainResult)o.BaseObject)];

    [Fact]
    public void A_dump_is_judged_by_owner_table_and_chain()
    {
        string path = Dump("node.txt", OwnerRuleset.KubeProxy);
        string flannel = Dump("flannel.txt", OwnerRuleset.AsDump(OwnerRuleset.Flannel));
        Assert.All(Test("-Path $path", ("path", flannel)), r => Assert.Equal((ChainOwner.Flannel, ChainVerdict.Works), (r.Owner, r.Verdict)));
        Assert.All(Test("-Path $path -Owner KubeProxy", ("path", path)), r => Assert.Equal((ChainOwner.KubeProxy, ChainVerdict.Works), (r.Owner, r.Verdict)));
        Assert.Equal(["services"], Test("-Path $path KUBE-SERVICES -Table nat").Select(r => r.Group));
        Assert.Equal([true], _engine.Run("Test-NetfilterChain -Path $path -Owner KubeProxy -Quiet").Select(o => o.BaseObject));
        Assert.Equal([false], _engine.Run("Test-NetfilterChain -Path $path -Owner KubeProxy, Cilium -Quiet").Select(o => o.BaseObject));
        Assert.Empty(_engine.Errors);
        Assert.Equal([false], _engine.Run("Test-NetfilterChain -Path /nonexistent -Quiet").Select(o => o.BaseObject));
        Assert.StartsWith("DumpNotFound,", Assert.Single(_engine.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_files_and_several_nodes_come_through_the_pipeline()
    {
        Dump("a.txt", OwnerRuleset.AsDump(OwnerRuleset.Docker));
        Dump("b.txt", OwnerRuleset.AsDump(OwnerRuleset.Docker).Replace("-A FORWARD -j DOCKER-USER\n", "", StringComparison.Ordinal).Replace("-A FORWARD -j DOCKER-FORWARD\n", "", StringComparison.Ordinal));
        var files = _engine.Run("[IO.FileInfo]::new($folder + '/a.txt'), [IO.FileInfo]::new($folder + '/b.txt') | Test-NetfilterChain -Table filter", ("folder", _folder)).Select(o => (NetfilterChainResult)o.BaseObject).ToArray();
        Assert.Equal([ChainVerdict.Works, ChainVerdict.Broken], files.Select(r => r.Verdict));
        var text = _engine.Run("[IO.File]::ReadAllLines($folder + '/b.txt') | Test-NetfilterChain | Where-Object Verdict -eq Broken", ("folder", _folder));
        Assert.Equal("systemctl restart docker", ((NetfilterChainResult)Assert.Single(text).BaseObject).Remedy);
        _engine.Run("Get-NetfilterChain -Path $folder/b.txt | Test-NetfilterChain");
        Assert.StartsWith("ChainsNotWhole,", _engine.Errors[0].FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _engine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
