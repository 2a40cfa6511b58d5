using System.Management.Automation;
using K8sNetfilter.Baselines;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Baselines;

/// <summary>Set- and Undo-NodeBaseline as a user calls them, on a root's files.</summary>
public sealed class SetNodeBaselineCommandTests : IDisposable
{
    private readonly ModuleEngine _engine = new();
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("k8snf-set");

    public SetNodeBaselineCommandTests()
    {
        foreach (string folder in (string[])["etc/sysctl.d", "run", "var/lib"])
        {
            _root.CreateSubdirectory(folder);
        }

        File.WriteAllText(At("etc/sysctl.d/z.conf"), "net.ipv4.ip_forward=0\n");
    }

    public void Dispose()
    {
        _engine.Dispose();
        _root.Delete(recursive: true);
    }

    private string At(string path) => Path.Combine(_root.FullName, path);

    private List<PSObject> Run(string script, params (string, object?)[] variables) => [.. _engine.Run(script, [.. variables, ("root", _root.FullName)])];

    private string[] Sight() => [.. _root.EnumerateFiles("*", SearchOption.AllDirectories).Select(f => f.FullName + " " + Convert.ToHexString(File.ReadAllBytes(f.FullName))).Order()];

    [Fact]
    public void It_writes_nothing_unless_asked_and_is_undone()
    {
        var before = Sight();
        Assert.Empty(Run("Set-NodeBaseline Kubernetes -Root $root -WhatIf"));
        Assert.Equal(before, Sight());
        Assert.Empty(Run("Set-NodeBaseline Kubernetes -Root $root"));
        Assert.Empty(_engine.Errors);
        Assert.True((bool)Run("Test-NodeBaseline Kubernetes -Root $root -Quiet")[0].BaseObject);
        Run("Set-NodeBaseline Kubernetes -Root $root -Verbose");
        Assert.Contains(_engine.Verbose, v => v.Contains("nothing to do", StringComparison.Ordinal));
        Assert.Empty(Run("Undo-NodeBaseline -Root $root -WhatIf"));
        var undone = Run("Undo-NodeBaseline -Root $root -PassThru");
        Assert.All(undone, step => Assert.IsType<BaselineStep>(step.BaseObject));
        Assert.Equal(before, Sight());
        Run("Undo-NodeBaseline -Root $root -Verbose");
        Assert.Contains(_engine.Verbose, v => v.Contains("no change to undo", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Get-NodeBaseline Kubernetes | Set-NodeBaseline -Root $root -PassThru", 3)]
    [InlineData("'Kubernetes', 'KubeProxyNftables' | Set-NodeBaseline -Root $root -PassThru", 3)]
    [InlineData("Test-NodeBaseline Kubernetes -Root $root | Where-Object Name -eq net.ipv4.ip_forward | Set-NodeBaseline -Root $root -PassThru", 2)]
    [InlineData("$wire = foreach ($f in Test-NodeBaseline Kubernetes -Root $root) { [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($f)) }; $wire | Where-Object Name -eq overlay | Set-NodeBaseline -Root $root -PassThru", 1)]
    public void Baselines_names_and_findings_can_be_piped_in(string script, int steps)
    {
        var done = Run(script);
        Assert.Empty(_engine.Errors);
        Assert.Equal(steps, done.Count);
        Assert.Equal(Enumerable.Range(1, steps), done.Select(d => ((BaselineStep)d.BaseObject).Number));
    }

    [Fact]
    public void A_finding_of_a_file_finds_its_way_back_to_the_file()
    {
        File.WriteAllText(At("mine.json"), """{ "name": "Mine", "sysctls": [ { "name": "vm.swappiness", "value": 10 }, { "name": "kernel.panic", "value": 3 } ] }""");
        var done = Run("Test-NodeBaseline $root/mine.json -Root $root | Where-Object Name -eq kernel.panic | Set-NodeBaseline -Root $root -PassThru");
        Assert.Equal("make it: set kernel.panic = 3", ((BaselineStep)Assert.Single(done).BaseObject).Action);
        Assert.Single(Run("Get-NodeBaseline $root/mine.json | Test-NodeBaseline -Root $root | Where-Object IsInDesiredState"));
    }

    [Fact]
    public void What_cannot_be_set_is_an_error_with_a_next_step_and_the_rest_is_done()
    {
        var done = Run("Set-NodeBaseline KubeProxyIptables -Root $root -PassThru");
        Assert.NotEmpty(done);
        Assert.All(_engine.Errors, e => Assert.StartsWith("BaselineNotSettable", e.FullyQualifiedErrorId, StringComparison.Ordinal));
        Assert.All(_engine.Errors, e => Assert.False(string.IsNullOrEmpty(e.ErrorDetails?.RecommendedAction)));
    }

    [Theory]
    [InlineData("h.json", "{ \"name\": \"h\",\n \"run\": \"reboot\" }", ":2:")]
    [InlineData("h.json", "{ \"name\": \"h\",\n \"modules\": [ { \"name\": \"$(reboot)\" } ] }", ":2:")]
    [InlineData("h.json", "{ \"name\": \"h\",\n \"modules\": [ { \"name\": \"../../x\" } ] }", ":2:")]
    [InlineData("h.json", "{ \"name\": \"h\",\n \"files\": [ { \"path\": \"/etc/../root/x\" } ] }", ":2:")]
    [InlineData("h.json", "{ \"name\": \"h\",\n \"sysctls\": [ { \"name\": \"kernel.core_pattern\", \"value\": \"1\\n2\" } ] }", ":2:")]
    [InlineData("h.psd1", "@{ name = 'h'\n modules = @( @{ name = (Set-Content $HOME/x 1) } ) }", ":2:")]
    [InlineData("h.psd1", "@{ name = 'h'\n extends = [IO.File]::ReadAllText('/etc/shadow') }", ":2:")]
    public void A_hostile_baseline_is_refused_with_its_line_and_changes_nothing(string name, string content, string line)
    {
        File.WriteAllText(At(name), content);
        var before = Sight();
        Assert.Empty(Run("Set-NodeBaseline $path -Root $root -PassThru", ("path", At(name))));
        var error = Assert.Single(_engine.Errors);
        Assert.StartsWith("BaselineSyntax", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(line, error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, Sight());
    }

    [Fact]
    public void A_huge_or_deep_baseline_is_refused()
    {
        File.WriteAllText(At("big.json"), "{ \"name\": \"" + new string('x', 10 << 20) + "\" }");
        File.WriteAllText(At("deep.json"), "{ \"name\": " + new string('[', 100_000));
        File.WriteAllText(At("deep.psd1"), "@{ name = " + new string('(', 100_000));
        foreach (var (file, id) in (IEnumerable<(string, string)>)[("big.json", "BaselineTooLarge"), ("deep.json", "BaselineSyntax"), ("deep.psd1", "BaselineSyntax")])
        {
            Assert.Empty(Run("Set-NodeBaseline $path -Root $root -PassThru", ("path", At(file))));
            Assert.StartsWith(id, Assert.Single(_engine.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(At("var/lib/k8snetfilter")));
    }

    [Fact]
    public void The_present_state_is_a_baseline_that_the_node_satisfies()
    {
        Run("Set-NodeBaseline Kubernetes -Root $root");
        string json = (string)Assert.Single(Run("Get-NodeBaseline -FromNode -AsJson -Root $root")).BaseObject;
        File.WriteAllText(At("node.json"), json);
        Assert.Contains("\"net.ipv4.ip_forward\"", json, StringComparison.Ordinal);
        Assert.True((bool)Run("Test-NodeBaseline $root/node.json -Root $root -Quiet")[0].BaseObject);
        File.AppendAllText(At("etc/sysctl.d/zzzz.conf"), "net.ipv4.ip_forward = 0\n");
        Assert.False((bool)Run("Test-NodeBaseline $root/node.json -Root $root -Quiet")[0].BaseObject);
    }
}
