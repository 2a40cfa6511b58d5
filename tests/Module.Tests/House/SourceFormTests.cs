using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.House;

/// <summary>What a reader of a source file can count on.</summary>
public sealed class SourceFormTests
{
    private const int LinesOfFile = 400, CharactersOfLine = 140, FilesOfFolder = 35;

    private static readonly string Root = ModuleEngine.RepositoryRoot();
    private static readonly string[] Files = [.. Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>The folders with longer lines stand in a file with their number, which may only shrink.</summary>
    [Fact]
    public void Lines_have_at_most_140_characters()
    {
        string path = Path.Combine(Root, "tests/Module.Tests/House/LongLines.txt");
        var found = Files.Select(f => (Folder: Short(Path.GetDirectoryName(f)!), Long: File.ReadLines(f).Count(l => l.Length > CharactersOfLine)))
            .GroupBy(f => f.Folder).Select(g => (Folder: g.Key, Long: g.Sum(f => f.Long))).Where(f => f.Long > 0).ToList();
        if (Environment.GetEnvironmentVariable("K8SNETFILTER_UPDATE_HOUSE") == "1")
        {
            File.WriteAllLines(path, found.Select(f => $"{f.Folder} {f.Long}"));
        }

        var allowed = File.ReadLines(path).Select(l => l.Split(' ')).ToDictionary(l => l[0], l => int.Parse(l[1]));
        None(found.Where(f => f.Long > allowed.GetValueOrDefault(f.Folder)).Select(f =>
            $"{f.Folder} has {f.Long} lines of over {CharactersOfLine} characters, {allowed.GetValueOrDefault(f.Folder)} are allowed: break the new ones. " +
            "Where a file has moved, or to write down that there are fewer: K8SNETFILTER_UPDATE_HOUSE=1 dotnet "
            + "tests/Module.Tests/bin/Release/net10.0/Module.Tests.dll -class '*SourceFormTests'"));
    }

    [Fact]
    public void Files_have_at_most_400_lines() => None(Files.Select(f => (f, Lines: File.ReadLines(f).Count()))
        .Where(f => f.Lines > LinesOfFile).Select(f => $"{Short(f.f)} has {f.Lines} lines"));

    [Fact]
    public void Folders_hold_at_most_35_files() => None(Files.GroupBy(f => Path.GetDirectoryName(f)!)
        .Where(g => g.Count() > FilesOfFolder).Select(g => $"{Short(g.Key)} holds {g.Count()} files"));

    private static string Short(string path) => Path.GetRelativePath(Root, path);

    private static void None(IEnumerable<string> faults)
    {
        Assert.True(Files.Length > 500, $"only {Files.Length} files were found");
        var all = faults.ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }
}
