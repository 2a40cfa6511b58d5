using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Surface;

/// <summary>What the documents name is there: files that they link, types and folders that ARCHITECTURE.md explains.</summary>
public sealed partial class DocumentTests
{
    private static readonly string Root = ModuleEngine.RepositoryRoot();

    public static TheoryData<string> Documents =>
    [
        .. new[] { Root, Path.Combine(Root, ".github"), Path.Combine(Root, "tests"), Path.Combine(Root, "tests/bench"), Path.Combine(Root, "tests/vm"), Path.Combine(Root, "deploy") }
            .SelectMany(f => Directory.EnumerateFiles(f, "*.md"))
            .Concat(Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories))
            .Select(f => Path.GetRelativePath(Root, f)).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Documents))]
    public void A_link_of_a_document_leads_to_a_file_of_the_repository(string document)
    {
        string folder = Path.GetDirectoryName(Path.Combine(Root, document))!;
        var broken = Link().Matches(File.ReadAllText(Path.Combine(Root, document))).Select(m => m.Groups[1].Value)
            .Where(l => !l.StartsWith("http", StringComparison.Ordinal) && !l.StartsWith('#'))
            .Where(l => !Path.Exists(Path.Combine(folder, l.Split('#')[0])));
        Assert.Empty(broken);
    }

    [Fact]
    public void ARCHITECTURE_names_types_and_folders_that_exist()
    {
        string text = File.ReadAllText(Path.Combine(Root, "docs/ARCHITECTURE.md"));
        var sources = Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal)).ToList();
        var types = sources.SelectMany(f => Declaration().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).ToHashSet(StringComparer.Ordinal);
        var rooms = sources.SelectMany(f => Path.GetDirectoryName(f)!.Split('/')).ToHashSet(StringComparer.Ordinal);
        var named = Code().Matches(text).Select(m => m.Groups[1].Value).ToList();
        // UInt128 is the framework's.
        Assert.All(named.Where(n => TypeName().IsMatch(n)).Select(n => n.Split('.')[0]).Where(n => n != "UInt128"), n => Assert.True(types.Contains(n) || rooms.Contains(n), n));
        Assert.All(named.Where(n => n.StartsWith("src/", StringComparison.Ordinal)), n => Assert.True(Path.Exists(Path.Combine(Root, n)), n));
        Assert.InRange(named.Count, 40, 1000);
    }

    /// <summary>RepositoryUrl in Directory.Build.props is empty until the owner sets it: then no page has an address.</summary>
    [Fact]
    public void A_repository_address_gives_each_help_page_its_own()
    {
        string tool = Directory.EnumerateFiles(Path.Combine(Root, "docs/build/bin"), "HelpBuild.dll", SearchOption.AllDirectories).MaxBy(File.GetLastWriteTimeUtc)!;
        var output = Directory.CreateTempSubdirectory("k8snf-help");
        try
        {
            using var run = Process.Start(new ProcessStartInfo("dotnet", [tool, Path.Combine(Root, "docs/en-US"), output.FullName, "https://example.org/repository/"]))!;
            run.WaitForExit();
            Assert.Equal(0, run.ExitCode);
            XNamespace maml = "http://schemas.microsoft.com/maml/2004/10";
            var addresses = XDocument.Load(Path.Combine(output.FullName, "K8sNetfilter.dll-Help.xml")).Descendants(maml + "uri").Select(u => u.Value).ToList();
            Assert.Contains("https://example.org/repository/blob/main/docs/en-US/Get-NodeSysctl.md", addresses);
            Assert.Equal(Directory.EnumerateFiles(Path.Combine(Root, "docs/en-US"), "*-*.md").Count(), addresses.Count);
        }
        finally
        {
            output.Delete(recursive: true);
        }
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\b(?:class|struct|record|interface|enum) ([A-Z]\w+)")]
    private static partial Regex Declaration();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^[A-Z][a-z]\w*(\.[A-Z]\w*)?$|^I[A-Z][a-z]\w*$")]
    private static partial Regex TypeName();
}
