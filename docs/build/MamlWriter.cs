using System.Xml.Linq;

namespace K8sNetfilter.HelpBuild;

/// <summary>Writes a cmdlet's page in MAML, the form of Get-Help.</summary>
internal static class MamlWriter
{
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    /// <summary>The page's element.</summary>
    /// <param name="page">The page.</param>
    /// <param name="address">Where the page is on the web, for Get-Help -Online; null if that is not known.</param>
    public static XElement Write(CmdletPage page, string? address)
    {
        string[] name = page.Name.Split('-', 2);
        return new XElement(Command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", Maml.NamespaceName),
            new XAttribute(XNamespace.Xmlns + "command", Command.NamespaceName),
            new XAttribute(XNamespace.Xmlns + "dev", Dev.NamespaceName),
            new XElement(Command + "details",
                new XElement(Command + "name", page.Name),
                Paragraphs("description", page.Synopsis),
                new XElement(Command + "verb", name[0]),
                new XElement(Command + "noun", name[^1])),
            Paragraphs("description", page.Description),
            new XElement(Command + "syntax", page.Forms.Select(f => Form(page, f))),
            new XElement(Command + "parameters", page.Parameters.Select(p => Described(page, p))),
            new XElement(Command + "inputTypes", page.Inputs.Select(t => Type("inputType", t))),
            new XElement(Command + "returnValues", page.Outputs.Select(t => Type("returnValue", t))),
            new XElement(Maml + "alertSet", Paragraphs("alert", page.Notes)),
            new XElement(Command + "examples", page.Examples.Select(Example)),
            new XElement(Maml + "relatedLinks", Links(page, address)));
    }

    private static XElement Form(CmdletPage page, SyntaxForm form) => new(Command + "syntaxItem",
        new XElement(Maml + "name", page.Name),
        form.Parameters.Select(p =>
        {
            var entry = page.Parameters.FirstOrDefault(e => e.Name == p.Name)
                ?? throw new PageException($"docs/en-US/{page.Name}.md", $"the syntax has -{p.Name}, the section PARAMETERS does not.");
            var facts = entry.In(form.Set);
            return new XElement(Command + "parameter", Attributes(facts, p.IsRequired), new XElement(Maml + "name", p.Name),
                p.Type is null ? null : Value(p.Type, "true"),
                p.Type is null || facts.AcceptedValues.Length == 0 ? null
                    : new XElement(Command + "parameterValueGroup", facts.AcceptedValues.Select(v => Value(v, "false"))));
        }));

    private static XElement Value(string text, string required) =>
        new(Command + "parameterValue", new XAttribute("required", required), text);

    private static XElement Described(CmdletPage page, ParameterEntry entry)
    {
        var facts = entry.Facts[0];
        string? type = page.Forms.SelectMany(f => f.Parameters).FirstOrDefault(p => p.Name == entry.Name)?.Type;
        string[] values = facts.AcceptedValues.Length == 0 ? [] : [$"Accepted values: {string.Join(", ", facts.AcceptedValues)}."];
        var description = entry.Description.Concat(values);
        return new XElement(Command + "parameter", Attributes(facts, facts.IsRequired),
            new XElement(Maml + "name", entry.Name),
            Paragraphs("description", description),
            type is null ? null : Value(type, "true"),
            new XElement(Dev + "type", new XElement(Maml + "name", type ?? "SwitchParameter")),
            new XElement(Dev + "defaultValue", facts.Default));
    }

    private static XAttribute[] Attributes(ParameterFacts facts, bool isRequired) =>
    [
        new("required", isRequired ? "true" : "false"),
        new("globbing", facts.TakesWildcards ? "true" : "false"),
        new("pipelineInput", facts.PipelineInput),
        new("position", facts.Position),
        new("aliases", facts.Aliases),
    ];

    private static XElement Type(string element, TypeEntry type) => new(Command + element,
        new XElement(Dev + "type", new XElement(Maml + "name", type.Name)), Paragraphs("description", type.Description));

    private static XElement Example(ExampleEntry example) => new(Command + "example",
        new XElement(Maml + "title", example.Title), new XElement(Dev + "code", example.Code),
        new XElement(Dev + "remarks", example.Remarks.Select(t => new XElement(Maml + "para", t))));

    private static IEnumerable<XElement> Links(CmdletPage page, string? address) =>
        (address is null ? [] : new[] { ("Online Version:", address) })
            .Concat(page.Links.Select(l => l.StartsWith("http", StringComparison.Ordinal) ? ("", l) : (l, "")))
            .Select(l => new XElement(Maml + "navigationLink",
                new XElement(Maml + "linkText", l.Item1),
                l.Item2.Length == 0 ? null : new XElement(Maml + "uri", l.Item2)));

    private static XElement Paragraphs(string element, IEnumerable<string> texts) =>
        new(Maml + element, texts.Select(t => new XElement(Maml + "para", t)));
}
