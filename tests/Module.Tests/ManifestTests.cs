using System.Management.Automation;
using System.Reflection;
using K8sNetfilter.Commands;
using K8sNetfilter.Errors;
using K8sNetfilter.Nodes;
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

    /// <summary>Or the engine, which loads all public types at import, would take the portable assemblies before those compiled for this machine can be named.</summary>
    [Fact]
    public void No_public_type_needs_the_lower_floors_when_it_is_loaded()
    {
        const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var needed = typeof(NodeCommand).Assembly.GetExportedTypes().SelectMany(type =>
            new[] { type.BaseType }.Concat(type.GetInterfaces()).Where(t => t is not null && IsOfLowerFloor(t)).Select(t => $"{type.Name}: {t!.Name}")
            .Concat(type.GetFields(Declared).Where(f => f.FieldType.IsValueType && IsOfLowerFloor(f.FieldType)).Select(f => $"{type.Name}.{f.Name}: keep an enumeration as its number")));
        Assert.Empty(needed);
    }

    private static bool IsOfLowerFloor(Type type) =>
        type.Assembly == typeof(NodeException).Assembly || type.Assembly == typeof(LiveNode).Assembly || type.GetGenericArguments().Any(IsOfLowerFloor);
}
