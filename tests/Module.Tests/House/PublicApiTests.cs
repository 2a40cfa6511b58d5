using System.Globalization;
using System.Management.Automation;
using System.Reflection;
using System.Text;
using K8sNetfilter.Commands;
using K8sNetfilter.IO;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Tests.Engine;
using PublicApiGenerator;

namespace K8sNetfilter.Tests.House;

/// <summary>
/// What others can call stands in a file beside its project: PublicAPI.txt for .NET, Cmdlets.txt for PowerShell. A change of it is seen in review,
/// because the file has to change with it.
/// </summary>
public sealed class PublicApiTests
{
    private const string Renew = "Where the change is meant, renew the file: "
        + "K8SNETFILTER_UPDATE_API=1 dotnet tests/Module.Tests/bin/Release/net10.0/Module.Tests.dll -class '*PublicApiTests'";

    private static readonly string[] OfTheCompiler =
    [
        "System.Diagnostics.DebuggerDisplayAttribute", "System.Runtime.CompilerServices.InternalsVisibleToAttribute",
        "System.Runtime.CompilerServices.IsReadOnlyAttribute", "System.Runtime.CompilerServices.CompilerGeneratedAttribute",
        "System.Runtime.CompilerServices.CollectionBuilderAttribute",
    ];

    private static readonly Dictionary<string, Assembly> Assemblies = new()
    {
        ["K8sNetfilter.Core"] = typeof(Ruleset).Assembly,
        ["K8sNetfilter.Linux"] = typeof(KernelRoot).Assembly,
        ["K8sNetfilter"] = typeof(GetNodeSysctlCommand).Assembly,
    };

    public static TheoryData<string> Projects => [.. Assemblies.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_public_types_are_those_of_the_file(string project) => Compare($"src/{project}/PublicAPI.txt",
        Assemblies[project].GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false, ExcludeAttributes = OfTheCompiler }));

    [Fact]
    public void The_parameters_of_the_cmdlets_are_those_of_the_file()
    {
        var text = new StringBuilder();
        foreach (var command in typeof(GetNodeSysctlCommand).Assembly.GetExportedTypes().Where(t => t.GetCustomAttribute<CmdletAttribute>() is not null)
            .Select(t => new CommandMetadata(t)).OrderBy(c => c.Name, StringComparer.Ordinal))
        {
            string confirms = command.SupportsShouldProcess ? $" [confirms: {command.ConfirmImpact}]" : "";
            text.Append(CultureInfo.InvariantCulture, $"{command.Name}{confirms}\n");
            foreach (var parameter in command.Parameters.Values.OrderBy(p => p.Name, StringComparer.Ordinal))
            {
                string aliases = string.Concat(parameter.Aliases.Order(StringComparer.Ordinal).Select(a => $", -{a}"));
                text.Append(CultureInfo.InvariantCulture, $"  -{parameter.Name}{aliases} <{TypeName(parameter.ParameterType)}>\n");
                foreach (var (set, of) in parameter.ParameterSets.OrderBy(s => s.Key, StringComparer.Ordinal))
                {
                    text.Append(CultureInfo.InvariantCulture, $"    {(set == ParameterAttribute.AllParameterSets ? "all sets" : set)}: {Binding(of)}\n");
                }
            }
        }

        Compare("src/K8sNetfilter/Cmdlets.txt", text.ToString());
    }

    private static string TypeName(Type type) => Nullable.GetUnderlyingType(type) is { } value ? $"{value.Name}?" : type.Name;

    private static string Binding(ParameterSetMetadata of) => string.Join(", ", new[]
    {
        of.IsMandatory ? "mandatory" : "optional",
        of.Position == int.MinValue ? "named" : string.Create(CultureInfo.InvariantCulture, $"position {of.Position}"),
        of.ValueFromPipeline ? "pipeline" : "",
        of.ValueFromPipelineByPropertyName ? "pipeline by name" : "",
        of.ValueFromRemainingArguments ? "remaining arguments" : "",
    }.Where(w => w.Length > 0));

    private static void Compare(string file, string text)
    {
        string path = Path.Combine(ModuleEngine.RepositoryRoot(), file);
        text = text.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        if (Environment.GetEnvironmentVariable("K8SNETFILTER_UPDATE_API") == "1")
        {
            File.WriteAllText(path, text);
        }

        string[] was = File.ReadAllLines(path), now = text.TrimEnd('\n').Split('\n');
        string[] changes = [.. was.Except(now).Select(l => "- " + l.Trim()), .. now.Except(was).Select(l => "+ " + l.Trim())];
        Assert.True(File.ReadAllText(path) == text, $"{file} is not what is built:\n{string.Join('\n', changes.Take(40))}\n{Renew}");
    }
}
