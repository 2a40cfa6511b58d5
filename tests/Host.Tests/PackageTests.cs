using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace K8sNetfilter.Tests;

/// <summary>The staged package, imported by an engine that knows nothing of this checkout.</summary>
public sealed class PackageTests
{
    private static readonly string Folder = Path.Combine(K8snf.RepositoryRoot, "out/K8sNetfilter", Version());

    [Fact]
    public void The_package_holds_what_it_should_and_nothing_else()
    {
        Require();
        var files = Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Folder, f));
        var expected = new List<string>
        {
            "K8sNetfilter.psd1", "LICENSE", "bin/K8sNetfilter.dll", "bin/K8sNetfilter.Core.dll", "bin/K8sNetfilter.Linux.dll",
            "bin/K8sNetfilter.format.ps1xml", "bin/linux-x64/K8sNetfilter.Core.dll",
            "bin/linux-x64/K8sNetfilter.Linux.dll", "bin/linux-arm64/K8sNetfilter.Core.dll", "bin/linux-arm64/K8sNetfilter.Linux.dll",
            "bin/net10/linux-x64/K8sNetfilter.Core.dll", "bin/net10/linux-x64/K8sNetfilter.Linux.dll",
            "bin/net10/linux-arm64/K8sNetfilter.Core.dll", "bin/net10/linux-arm64/K8sNetfilter.Linux.dll",
            "en-US/K8sNetfilter.dll-Help.xml", "dsc/k8snf-dsc.sh", "dsc/k8snf-dsc.ps1",
            "README.md", "CHANGELOG.md", "tests/Compliance.Tests.ps1",
        };
        expected.AddRange(Directory.EnumerateFiles(Path.Combine(K8snf.RepositoryRoot, "docs/samples")).Select(f => "samples/" + Path.GetFileName(f)));
        expected.AddRange(K8sNetfilter.Dsc.DscCommand.ResourceNames.Select(r => $"dsc/{r}.dsc.resource.json"));
        expected.AddRange(Directory.EnumerateFiles(Path.Combine(K8snf.RepositoryRoot, "en-US"), "*.help.txt").Select(f => "en-US/" + Path.GetFileName(f)));
        Assert.Equal(expected.Order(StringComparer.Ordinal), files.Order(StringComparer.Ordinal));
        Assert.Equal(File.ReadAllText(Path.Combine(K8snf.RepositoryRoot, "K8sNetfilter.psd1")), File.ReadAllText(Path.Combine(Folder, "K8sNetfilter.psd1")));
    }

    [Fact]
    public void Its_DSC_resources_start_what_stands_beside_their_manifests()
    {
        Require();
        foreach (string manifest in Directory.EnumerateFiles(Path.Combine(Folder, "dsc"), "*.json"))
        {
            var json = JsonNode.Parse(File.ReadAllText(manifest))!;
            string resource = json["type"]!.GetValue<string>()["K8sNetfilter/".Length..];
            Assert.Equal("sh", json["get"]!["executable"]!.GetValue<string>());
            string[] arguments = [.. json["get"]!["args"]!.AsArray().Select(a => a!.GetValue<string>())];
            Assert.Equal(["k8snf-dsc.sh", "get", resource], arguments);
            // DSC starts it in the manifest's folder, with k8snf somewhere in PATH.
            var run = K8snf.Bash($"cd '{Folder}/dsc' && echo '{{}}' | PATH=${{K8SNF%/*}}:$PATH sh {string.Join(' ', arguments)}");
            Assert.Equal(2, run.ExitCode);
            Assert.Contains("\"error\":", run.Error, StringComparison.Ordinal);
        }

        Assert.Equal(["K8sNetfilter.Dsc.psd1", "K8sNetfilter.Dsc.psm1", "LICENSE"],
            Directory.EnumerateFiles(Path.Combine(K8snf.RepositoryRoot, "out/K8sNetfilter.Dsc", Version())).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_package_imports_and_exports_what_the_manifest_lists()
    {
        Require();
        var listed = Regex.Matches(File.ReadAllText(Path.Combine(Folder, "K8sNetfilter.psd1")), @"(?m)^\s*'([A-Z][a-z]+-[A-Za-z0-9]+)',?\s*$").Select(m => m.Groups[1].Value);
        var run = K8snf.Engine($$"""
            $module = Import-Module '{{Folder}}/K8sNetfilter.psd1' -PassThru -ErrorAction Stop
            $module.ExportedCommands.Keys
            "version $($module.Version)"
            """);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(listed.Append("version " + Version()).Order(StringComparer.Ordinal), run.Lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_code_that_was_compiled_for_this_machine_is_what_runs()
    {
        Require();
        string architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        Assert.SkipUnless(architecture is "x64" or "arm64", $"Nothing is compiled beforehand for {architecture}.");
        const string Loaded = "; [AppDomain]::CurrentDomain.GetAssemblies() | ForEach-Object Location | Where-Object { $_ -match 'K8sNetfilter.(Core|Linux).dll' }";
        var run = K8snf.Engine($"Import-Module '{Folder}/K8sNetfilter.psd1'; $null = Get-KernelModule overlay -ErrorAction Ignore{Loaded}");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal([$"{Folder}/bin/net10/linux-{architecture}/K8sNetfilter.Core.dll", $"{Folder}/bin/net10/linux-{architecture}/K8sNetfilter.Linux.dll"],
            run.Lines.Order(StringComparer.Ordinal));
    }

    /// <summary>A runtime compiles the code of an image of another format again, and says nothing.</summary>
    [Fact]
    public void The_compiled_code_is_of_the_format_that_the_runtime_takes()
    {
        Require();
        Assert.Equal(10, Environment.Version.Major);
        Assert.All(Directory.EnumerateFiles(Path.Combine(Folder, "bin/net10"), "*.dll", SearchOption.AllDirectories), image =>
            Assert.Equal(ImageFormat(typeof(object).Assembly.Location), ImageFormat(image)));
        // 9 is that of .NET 8, which .NET 9 takes too.
        Assert.All(Directory.EnumerateFiles(Path.Combine(Folder, "bin/linux-x64")), image => Assert.Equal(9, ImageFormat(image)));
    }

    /// <summary>The major version after the signature of a ReadyToRun header.</summary>
    private static int ImageFormat(string file)
    {
        ReadOnlySpan<byte> image = File.ReadAllBytes(file);
        int header = image.IndexOf("RTR\0"u8);
        return header < 0 ? 0 : BitConverter.ToUInt16(image[(header + 4)..]);
    }

    [Fact]
    public void Without_compiled_code_for_the_machine_it_works_all_the_same()
    {
        Require();
        var copy = Directory.CreateTempSubdirectory("k8snf-package");
        try
        {
            foreach (string file in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Where(f => !f.Contains("/linux-", StringComparison.Ordinal)))
            {
                string target = Path.Combine(copy.FullName, Path.GetRelativePath(Folder, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }

            var run = K8snf.Engine($"Import-Module '{copy.FullName}/K8sNetfilter.psd1'; (Get-Command Get-KernelModule).Name");
            Assert.Equal((0, "Get-KernelModule\n", ""), (run.ExitCode, run.Output, run.Error));
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    /// <summary>The form of packages that Publish-PSResource, Install-PSResource and the PowerShell Gallery take.</summary>
    [Fact]
    public void The_nupkg_holds_the_staged_files_and_what_the_Gallery_reads_and_imports_when_it_is_unpacked()
    {
        Require();
        var unpacked = Directory.CreateTempSubdirectory("k8snf-nupkg");
        try
        {
            ZipFile.ExtractToDirectory(Path.Combine(K8snf.RepositoryRoot, $"out/K8sNetfilter.{Version()}.nupkg"), unpacked.FullName);
            string[] own = ["_rels", "package", "[Content_Types].xml", "K8sNetfilter.nuspec"];
            var files = Directory.EnumerateFiles(unpacked.FullName, "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(unpacked.FullName, f)).Where(f => !own.Contains(f.Split('/')[0]));
            var staged = Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Folder, f));
            Assert.Equal(staged.Order(StringComparer.Ordinal), files.Order(StringComparer.Ordinal));

            var metadata = XDocument.Load(Path.Combine(unpacked.FullName, "K8sNetfilter.nuspec")).Root!.Elements().Single().Elements()
                .ToDictionary(e => e.Name.LocalName, e => e.Value, StringComparer.Ordinal);
            Assert.Equal(("K8sNetfilter", Version()), (metadata["id"], metadata["version"]));
            Assert.Contains("PSModule PSEdition_Core", metadata["tags"], StringComparison.Ordinal);
            Assert.Contains("PSCmdlet_Test-ServiceHairpin", metadata["tags"], StringComparison.Ordinal);
            Assert.Equal("LICENSE", metadata["license"]);

            var run = K8snf.Engine($"(Import-Module '{unpacked.FullName}/K8sNetfilter.psd1' -PassThru -ErrorAction Stop).ExportedCommands.Count -gt 20");
            Assert.Equal((0, "True\n", ""), (run.ExitCode, run.Output, run.Error));
        }
        finally
        {
            unpacked.Delete(recursive: true);
        }
    }

    private static string Version() =>
        Regex.Match(File.ReadAllText(Path.Combine(K8snf.RepositoryRoot, "K8sNetfilter.psd1")), @"ModuleVersion\s*=\s*'([0-9.]+)'").Groups[1].Value;

    private static void Require() => Assert.SkipUnless(Directory.Exists(Folder), "There is no package: dotnet build -t:Package makes one (tests/run.sh does).");
}
