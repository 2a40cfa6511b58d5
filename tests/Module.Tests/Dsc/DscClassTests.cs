using System.Management.Automation.Language;
using K8sNetfilter.Dsc;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Dsc;

/// <summary>The classes of the module K8sNetfilter.Dsc: found as DSC's adapter finds them, and run.</summary>
public sealed class DscClassTests : IDisposable
{
    private static readonly string Folder = Path.Combine(ModuleEngine.RepositoryRoot(), "src/K8sNetfilter.Dsc");
    private readonly string _root = Directory.CreateTempSubdirectory("k8snf-dsc").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>The adapter reads the root module's syntax tree, and the manifest's list.</summary>
    [Fact]
    public void A_class_stands_in_the_root_module_for_each_resource_and_the_manifest_names_it()
    {
        var tree = Parser.ParseFile(Path.Combine(Folder, "K8sNetfilter.Dsc.psm1"), out _, out var errors);
        Assert.Empty(errors);
        var classes = tree.FindAll(node => node is TypeDefinitionAst { IsClass: true }, searchNestedScriptBlocks: false).Cast<TypeDefinitionAst>().ToList();
        Assert.Equal(DscCommand.ResourceNames.Order(), classes.Select(c => c.Name).Order());
        Assert.All(classes, c => Assert.Contains(c.Attributes, a => a.TypeName.Name == "DscResource"));
        Assert.All(classes, c => Assert.Empty(c.BaseTypes));
        Assert.All(classes, c => Assert.Equal(["Get", "Set", "Test"], c.Members.OfType<FunctionMemberAst>().Where(m => !m.IsHidden).Select(m => m.Name).Order()));
        var manifest = (System.Collections.Hashtable)Parser.ParseFile(Path.Combine(Folder, "K8sNetfilter.Dsc.psd1"), out _, out _)
            .Find(node => node is HashtableAst, false)!.SafeGetValue();
        Assert.Equal(DscCommand.ResourceNames.Order(), ((object[])manifest["DscResourcesToExport"]!).Cast<string>().Order());
        Assert.Equal(typeof(DscCommand).Assembly.GetName().Version!.ToString(3), manifest["ModuleVersion"]);
    }

    [Fact]
    public void The_resources_get_test_and_set()
    {
        string own = Path.Combine(_root, "own.psd1");
        File.WriteAllText(own, "@{ name = 'Own'; description = 'One.'; sysctls = @( @{ name = 'kernel.panic'; value = 10 } ) }");
        using var engine = new ModuleEngine();
        var output = engine.Run(
            """
            . ([scriptblock]::Create([IO.File]::ReadAllText($file)))
            $s = [Sysctl] @{ Name = 'net.ipv4.ip_forward'; Value = '1'; Persist = $true; Root = $root }
            $m = [KernelModule] @{ Name = 'overlay'; Persist = $true; Root = $root; Parameters = @{ metacopy = $true; redirect_max = 128 } }
            $s, $m | ForEach-Object { $_.Test(); $_.Set(); $_.Test(); $_.Get() }
            $b = [NodeBaseline] @{ Name = $own; Root = $root }
            $b.Test(); $b.Set(); $b.Test(); $b.Get()
            """,
            ("file", Path.Combine(Folder, "K8sNetfilter.Dsc.psm1")), ("root", _root), ("own", own));
        Assert.Empty(engine.Errors);
        Assert.Equal([false, true, false, true, false, true], output.Select(o => o.BaseObject).OfType<bool>());
        Assert.Equal("/etc/sysctl.d/k8s.conf:1", output[2].Properties["BootSource"].Value);
        Assert.Contains("\"kernel.panic\"", output[8].Properties["Findings"].Value.ToString(), StringComparison.Ordinal);
        Assert.Equal("Present", output[5].Properties["Ensure"].Value.ToString());
        var parameters = (System.Collections.Hashtable)output[5].Properties["Parameters"].Value;
        Assert.Equal(["metacopy=True", "redirect_max=128"], parameters.Keys.Cast<string>().Order().Select(k => $"{k}={parameters[k]}"));
        Assert.Equal("options overlay metacopy=1 redirect_max=128\n", File.ReadAllText(Path.Combine(_root, "etc/modprobe.d/k8s.conf")));
    }

    [Fact]
    public void A_failure_of_a_resource_says_what_to_do()
    {
        using var engine = new ModuleEngine();
        var output = engine.Run(
            """
            . ([scriptblock]::Create([IO.File]::ReadAllText($file)))
            try { ([Sysctl] @{ Name = 'net.ipv4.no_such_key'; Value = '1' }).Set() } catch { $_.Exception.InnerException.Message }
            """,
            ("file", Path.Combine(Folder, "K8sNetfilter.Dsc.psm1")));
        Assert.Contains("Get-NodeSysctl", Assert.Single(output).ToString(), StringComparison.Ordinal);
    }
}
