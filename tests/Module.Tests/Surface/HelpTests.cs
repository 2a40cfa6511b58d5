using System.Management.Automation;
using System.Management.Automation.Language;
using System.Reflection;
using System.Xml.Linq;
using K8sNetfilter.Commands;
using K8sNetfilter.Nodes;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Surface;

/// <summary>The help and the code are compared as sets, both ways: neither names anything that the other does not have.</summary>
public sealed class HelpTests
{
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    private static readonly Dictionary<string, Type> Cmdlets = typeof(NodeCommand).Assembly.GetExportedTypes()
        .Select(type => (type, name: type.GetCustomAttribute<CmdletAttribute>()))
        .Where(c => c.name is not null)
        .ToDictionary(c => $"{c.name!.VerbName}-{c.name.NounName}", c => c.type, StringComparer.Ordinal);

    private static readonly Dictionary<string, XElement> Pages = XDocument
        .Load(Path.Combine(ModuleEngine.RepositoryRoot(), "en-US/K8sNetfilter.dll-Help.xml")).Root!.Elements(Command + "command")
        .ToDictionary(page => page.Element(Command + "details")!.Element(Command + "name")!.Value, StringComparer.Ordinal);

    public static TheoryData<string> Names => [.. Cmdlets.Keys.Order(StringComparer.Ordinal)];

    [Fact]
    public void Every_cmdlet_has_a_page_and_every_page_a_cmdlet() =>
        Assert.Equal(Cmdlets.Keys.Order(StringComparer.Ordinal), Pages.Keys.Order(StringComparer.Ordinal));

    /// <summary>
    /// Syntax, types, positions, defaults, pipeline input and aliases are in the Markdown pages for readers on the web. With
    /// K8SNETFILTER_UPDATE_HELP=1 this test writes them.
    /// </summary>
    [Fact]
    public void The_syntax_and_the_facts_of_parameters_on_a_page_are_those_of_the_code()
    {
        using var engine = new ModuleEngine();
        foreach (var cmdlet in engine.Run("Get-Command -Module K8sNetfilter").Select(c => (CmdletInfo)c.BaseObject))
        {
            string file = Path.Combine(ModuleEngine.RepositoryRoot(), "docs/en-US", cmdlet.Name + ".md");
            string page = File.ReadAllText(file);
            string expected = new GeneratedHelp(cmdlet).Apply(page);
            if (Environment.GetEnvironmentVariable("K8SNETFILTER_UPDATE_HELP") == "1" && expected != page)
            {
                File.WriteAllText(file, expected);
                continue;
            }

            Assert.True(expected == page, $"{file} differs from the code. Run this test with K8SNETFILTER_UPDATE_HELP=1, then build again.");
        }
    }

    [Fact]
    public void Get_Help_shows_types_defaults_aliases_and_what_a_parameter_accepts()
    {
        using var engine = new ModuleEngine();
        const string Facts = "'{0} {1} {2} {3} {4} {5}' -f $_.name, $_.required, $_.position, $_.defaultValue, $_.pipelineInput, $_.aliases";
        string Of(string cmdlet, string parameter) => (string)Assert.Single(engine.Run(
            $"(Get-Help {cmdlet}).parameters.parameter | Where-Object name -eq {parameter} | ForEach-Object {{ {Facts} }}")).BaseObject;
        Assert.Equal("Name false 0 None True (ByValue, ByPropertyName) none", Of("Get-NodeSysctl", "Name"));
        Assert.Equal("Snapshot false named None True (ByPropertyName) PSPath", Of("Get-NodeSysctl", "Snapshot"));
        Assert.Equal("TimeoutSeconds false named 3 False Timeout", Of("Test-ServiceHairpin", "TimeoutSeconds"));
        Assert.Equal("WhatIf false named False False wi", Of("Set-NodeSysctl", "WhatIf"));
        const string Type =
            "(Get-Help Get-NodeService).parameters.parameter | Where-Object name -eq Type | ForEach-Object { $_.description.Text -join ' ' }";
        Assert.Contains("ClusterIP, NodePort", (string)Assert.Single(engine.Run(Type)).BaseObject, StringComparison.Ordinal);
        Assert.Equal("System.String", Assert.Single(engine.Run("(Get-Help Get-NodeService).inputTypes.inputType.type.name")).BaseObject);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_page_names_every_parameter_and_no_other(string name)
    {
        var parameters = Parameters(Cmdlets[name]);
        var described = Pages[name].Element(Command + "parameters")!.Elements(Command + "parameter").ToList();
        Assert.Equal(parameters.Order(StringComparer.Ordinal), described.Select(p => p.Element(Maml + "name")!.Value).Order(StringComparer.Ordinal));
        Assert.All(described, p => Assert.NotEqual("", Text(p.Element(Maml + "description"))));

        // Every parameter stands in one of the forms of the command, and a form has no other.
        var forms = Pages[name].Element(Command + "syntax")!.Elements(Command + "syntaxItem").SelectMany(s => s.Elements(Command + "parameter"))
            .Select(p => p.Element(Maml + "name")!.Value);
        Assert.Equal(parameters.Order(StringComparer.Ordinal), forms.Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_page_says_what_the_cmdlet_does_what_it_needs_and_how_it_is_used(string name)
    {
        var page = Pages[name];
        Assert.NotEqual("", Text(page.Element(Command + "details")!.Element(Maml + "description")));
        Assert.NotEqual("", Text(page.Element(Maml + "description")));
        Assert.NotEqual("", Text(page.Element(Maml + "alertSet")));
        var examples = page.Element(Command + "examples")!.Elements(Command + "example").ToList();
        Assert.InRange(examples.Count, 2, 100);
        Assert.All(examples, example =>
        {
            Assert.NotEqual("", Text(example.Element(Dev + "remarks")));
            string code = Text(example.Element(Dev + "code"));
            var tree = Parser.ParseInput(code, out _, out var errors);
            Assert.Empty(errors);
            foreach (var command in tree.FindAll(a => a is CommandAst, true).Cast<CommandAst>().Where(c => Cmdlets.ContainsKey(c.GetCommandName() ?? "")))
            {
                var known = Parameters(Cmdlets[command.GetCommandName()]).Concat(Cmdlet.CommonParameters);
                Assert.All(command.CommandElements.OfType<CommandParameterAst>(), used =>
                    Assert.Contains(known, k => k.StartsWith(used.ParameterName, StringComparison.OrdinalIgnoreCase)));
            }
        });
    }

    [Fact]
    public void An_output_of_ours_on_a_page_is_a_type_by_its_full_name()
    {
        var types = typeof(LiveNode).Assembly.GetReferencedAssemblies().Where(a => a.Name!.StartsWith("K8sNetfilter", StringComparison.Ordinal))
            .Select(Assembly.Load).Append(typeof(LiveNode).Assembly).SelectMany(a => a.GetExportedTypes()).Select(t => t.FullName).ToHashSet(StringComparer.Ordinal);
        var named = Pages.Values.SelectMany(p => p.Descendants(Command + "returnValue")).Select(v => v.Element(Dev + "type")!.Element(Maml + "name")!.Value)
            .Where(n => n.StartsWith("K8sNetfilter.", StringComparison.Ordinal)).ToList();
        Assert.InRange(named.Count, 20, 200);
        Assert.All(named, n => Assert.Contains(n, types));
    }

    private static IEnumerable<string> Parameters(Type cmdlet)
    {
        var own = cmdlet.GetProperties().Where(p => p.IsDefined(typeof(ParameterAttribute), inherit: true)).Select(p => p.Name);
        return cmdlet.GetCustomAttribute<CmdletAttribute>()!.SupportsShouldProcess ? own.Append("WhatIf").Append("Confirm") : own;
    }

    private static string Text(XElement? element) => (element?.Value ?? "").Trim();
}
