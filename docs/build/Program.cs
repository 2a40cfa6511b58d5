using System.Text;
using System.Xml.Linq;

namespace K8sNetfilter.HelpBuild;

/// <summary>
/// Makes the module's help from its Markdown pages: <c>HelpBuild docs/en-US en-US [repository URL]</c> writes K8sNetfilter.dll-Help.xml
/// from the pages of the cmdlets, and an about_*.help.txt from each about_ page.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        if (args.Length is not (2 or 3))
        {
            Console.Error.WriteLine("Usage: HelpBuild FOLDER-OF-PAGES OUTPUT-FOLDER [REPOSITORY-URL]");
            return 2;
        }

        try
        {
            Write(args[0], args[1], args.Length == 3 ? args[2].TrimEnd('/') : "");
            return 0;
        }
        catch (PageException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    private static void Write(string pages, string output, string repositoryUrl)
    {
        Directory.CreateDirectory(output);
        var cmdlets = new List<XElement>();
        var topics = new HashSet<string>(StringComparer.Ordinal);
        foreach (string file in Directory.GetFiles(pages, "*.md").Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileNameWithoutExtension(file);
            var page = MarkdownPage.Read(file);
            if (name.StartsWith("about_", StringComparison.Ordinal))
            {
                topics.Add(name + ".help.txt");
                Replace(Path.Combine(output, name + ".help.txt"), TopicWriter.Write(page));
            }
            else
            {
                string? address = repositoryUrl.Length == 0 ? null : $"{repositoryUrl}/blob/main/docs/en-US/{name}.md";
                cmdlets.Add(MamlWriter.Write(CmdletPage.Read(page), address));
            }
        }

        XNamespace root = "http://msh";
        var document = new XElement(root + "helpItems", new XAttribute("schema", "maml"), cmdlets);
        Replace(Path.Combine(output, "K8sNetfilter.dll-Help.xml"), "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + document + "\n");
        foreach (string old in Directory.GetFiles(output, "about_*.help.txt").Where(f => !topics.Contains(Path.GetFileName(f))))
        {
            File.Delete(old);
        }
    }

    /// <summary>Two builds may run at a time, and a reader sees the old file or the new one.</summary>
    private static void Replace(string path, string text)
    {
        string temporary = $"{path}.{Environment.ProcessId}";
        File.WriteAllText(temporary, text, new UTF8Encoding(false));
        File.Move(temporary, path, overwrite: true);
    }
}
