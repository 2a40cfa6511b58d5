using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace K8sNetfilter.Tests.Examples;

/// <summary>A command line that a document shows.</summary>
/// <param name="Source">Where it stands: a cmdlet's help, or README.md.</param>
/// <param name="Code">The PowerShell text.</param>
internal sealed partial record Example(string Source, string Code)
{
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    /// <summary>The examples of every help page.</summary>
    public static IEnumerable<Example> OfHelp() =>
        from page in XDocument.Load(Path.Combine(K8snf.RepositoryRoot, "en-US/K8sNetfilter.dll-Help.xml")).Root!.Elements(Command + "command")
        let name = page.Element(Command + "details")!.Element(Command + "name")!.Value
        from code in page.Descendants(Dev + "code")
        select new Example(name, code.Value.Trim());

    /// <summary>The lines of the about_ pages that call one of the module's cmdlets, or k8snf with one.</summary>
    public static IEnumerable<Example> OfAbout()
    {
        var names = OfHelp().Select(e => e.Source).ToHashSet(StringComparer.Ordinal);
        foreach (string page in Directory.GetFiles(Path.Combine(K8snf.RepositoryRoot, "en-US"), "about_*.help.txt").Order(StringComparer.Ordinal))
        {
            foreach (string line in File.ReadLines(page))
            {
                // What it is for follows after two blanks or more; names alone are lists of what there is.
                var call = Call().Match(line);
                if (call.Success && names.Contains(call.Groups["name"].Value) && !call.Groups["code"].Value.Contains(", ", StringComparison.Ordinal))
                {
                    yield return new Example(Path.GetFileNameWithoutExtension(page), call.Groups["code"].Value);
                }
            }
        }
    }

    [GeneratedRegex(@"^ {6,}(k8snf )?(?<code>(?<name>[A-Z][a-z]+-[A-Z]\w+)( \S+)+)( {2,}.*)?$")]
    private static partial Regex Call();

    /// <summary>What the README shows at a PowerShell prompt or gives to k8snf.</summary>
    public static IEnumerable<Example> OfReadme()
    {
        foreach (string line in File.ReadLines(Path.Combine(K8snf.RepositoryRoot, "README.md")))
        {
            string text = line.Trim();
            if (text.StartsWith("PS> ", StringComparison.Ordinal))
            {
                yield return new Example("README.md", text[4..]);
            }
        }
    }
}
