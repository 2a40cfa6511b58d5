using System.Management.Automation;
using K8sNetfilter.Commands;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests;

public sealed class ManifestTests
{
    [Fact]
    public void The_manifest_exports_exactly_the_cmdlets_that_the_assembly_has()
    {
        using var engine = new ModuleEngine();
        var inCode = typeof(NodeCommand).Assembly.GetExportedTypes()
            .Select(t => t.GetCustomAttributes(typeof(CmdletAttribute), false).Cast<CmdletAttribute>().SingleOrDefault())
            .Where(a => a is not null).Select(a => $"{a!.VerbName}-{a.NounName}").Order(StringComparer.Ordinal);
        var exported = engine.Run("(Get-Module K8sNetfilter).ExportedCmdlets.Keys").Select(k => (string)k.BaseObject).Order(StringComparer.Ordinal);
        Assert.Equal(inCode, exported);
    }
}
