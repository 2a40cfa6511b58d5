using System.Management.Automation;
using System.Reflection;
using System.Xml.Linq;
using K8sNetfilter.Addressing;
using K8sNetfilter.Commands;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Surface;

/// <summary>One idea has one name and one type on all cmdlets, and what a cmdlet does not heed is no parameter of it.</summary>
public sealed class ParameterTests : CommandTests
{
    private static readonly (string Cmdlet, PropertyInfo Parameter)[] All =
    [
        .. typeof(NodeCommand).Assembly.GetExportedTypes()
            .Select(t => (Type: t, Name: t.GetCustomAttribute<CmdletAttribute>())).Where(c => c.Name is not null)
            .SelectMany(c => c.Type.GetProperties().Where(p => p.IsDefined(typeof(ParameterAttribute), inherit: true)).Select(p => ($"{c.Name!.VerbName}-{c.Name.NounName}", p))),
    ];

    /// <summary>A command line for each cmdlet that has -Root.</summary>
    private static readonly Dictionary<string, string> Rooted = new(StringComparer.Ordinal)
    {
        ["Disable-KernelModule"] = "br_netfilter -Persist -WhatIf",
        ["Enable-KernelModule"] = "br_netfilter -Persist -WhatIf",
        ["Export-NodeSnapshot"] = "-Path $root/snapshot -WhatIf",
        ["Get-KernelModule"] = "*",
        ["Get-NodeBaseline"] = "-FromNode",
        ["Get-NodeBridgeNetfilter"] = "",
        ["Get-NodeSysctl"] = "net.*",
        ["Remove-NodeSysctl"] = "net.ipv4.ip_forward -WhatIf",
        ["Set-NodeBaseline"] = "Kubernetes -WhatIf",
        ["Set-NodeSysctl"] = "net.ipv4.ip_forward 1 -Persist -WhatIf",
        ["Test-NodeBaseline"] = "Kubernetes",
        ["Undo-NodeBaseline"] = "-WhatIf",
    };

    public static TheoryData<string> WithRoot => [.. Of("Root").Select(p => p.Cmdlet)];

    [Theory]
    [MemberData(nameof(WithRoot))]
    public void A_cmdlet_with_Root_does_not_refuse_it(string cmdlet)
    {
        Node.Folder("/etc/sysctl.d").Folder("/lib/modules/6.1.0");
        Assert.True(Rooted.TryGetValue(cmdlet, out string? line), $"{cmdlet} has -Root: say here how it is used.");
        Engine.Run($"{cmdlet} {line} -Root $root", ("root", Node.Path));
        Assert.DoesNotContain(Engine.Errors, e => e.FullyQualifiedErrorId.Split(',')[0] is "NoRunningKernel" or "SysctlNoKernel" or "NamedParameterNotFound");
    }

    [Fact]
    public void No_page_says_that_a_parameter_is_not_for_its_cmdlet()
    {
        XNamespace command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
        var pages = XDocument.Load(Path.Combine(ModuleEngine.RepositoryRoot(), "en-US/K8sNetfilter.dll-Help.xml"));
        Assert.DoesNotContain(pages.Descendants(command + "parameter"), p => p.Value.Contains("Not for", StringComparison.Ordinal) || p.Value.Contains("s refused", StringComparison.Ordinal));
    }

    [Fact]
    public void A_family_has_one_name_and_one_type()
    {
        Assert.All(All.Where(p => p.Parameter.PropertyType == typeof(IPFamily[]) || p.Parameter.PropertyType == typeof(IPFamily) || p.Parameter.Name.EndsWith("Family", StringComparison.Ordinal)), p =>
        {
            Assert.Equal($"{p.Cmdlet} Family", $"{p.Cmdlet} {p.Parameter.Name}");
            Assert.Equal(typeof(IPFamily[]), p.Parameter.PropertyType);
            Assert.Equal(["IPFamily"], p.Parameter.GetCustomAttribute<AliasAttribute>()!.AliasNames);
        });
        Assert.True(Of("Family").Length >= 8);
    }

    [Fact]
    public void A_time_limit_is_in_seconds_or_a_time_span() => Assert.All(
        All.Where(p => p.Parameter.Name.Contains("Timeout", StringComparison.OrdinalIgnoreCase)),
        p => Assert.Equal(p.Parameter.PropertyType == typeof(TimeSpan) ? "Timeout" : "TimeoutSeconds", p.Parameter.Name));

    [Theory]
    [InlineData("Backend")]
    [InlineData("Force")]
    [InlineData("Live")]
    [InlineData("NetNamespace")]
    [InlineData("PassThru")]
    [InlineData("Persist")]
    [InlineData("Quiet")]
    [InlineData("Root")]
    [InlineData("Snapshot")]
    public void A_name_has_one_type(string name) => Assert.Single(Of(name).Select(p => p.Parameter.PropertyType).Distinct());

    [Fact]
    public void A_snapshot_comes_through_every_pipeline() => Assert.All(Of("Snapshot"), p =>
    {
        // One that takes whatever comes as -InputObject looks at it itself.
        bool takesAll = Of("InputObject").Any(i => i.Cmdlet == p.Cmdlet && i.Parameter.PropertyType == typeof(PSObject));
        Assert.All(p.Parameter.GetCustomAttributes<ParameterAttribute>(), a => Assert.True(a.ValueFromPipelineByPropertyName || (takesAll && a.ParameterSetName == "Text"), p.Cmdlet));
        Assert.Equal(["PSPath"], p.Parameter.GetCustomAttribute<AliasAttribute>()!.AliasNames);
    });

    private static (string Cmdlet, PropertyInfo Parameter)[] Of(string name) => [.. All.Where(p => p.Parameter.Name == name)];
}
