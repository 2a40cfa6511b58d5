using System.Management.Automation;
using System.Management.Automation.Language;
using System.Reflection;
using System.Xml.Linq;
using K8sNetfilter.Commands;
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

    private static IEnumerable<string> Parameters(Type cmdlet)
    {
        var own = cmdlet.GetProperties().Where(p => p.IsDefined(typeof(ParameterAttribute), inherit: true)).Select(p => p.Name);
        return cmdlet.GetCustomAttribute<CmdletAttribute>()!.SupportsShouldProcess ? own.Append("WhatIf").Append("Confirm") : own;
    }

    private static string Text(XElement? element) => (element?.Value ?? "").Trim();
}
