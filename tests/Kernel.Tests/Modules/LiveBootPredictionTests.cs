using System.Diagnostics;
using System.Globalization;
using System.Text;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

/// <summary>
/// What is predicted for generated trees of configuration against what the real systemd-modules-load and modprobe do with them. The kernel here may
/// have no modules at all, so a stand-in takes what they hand to the kernel (kernel-stand-in.c).
/// </summary>
public sealed class LiveBootPredictionTests : IDisposable
{
    private const string Release = "6.1.0";

    private readonly string _folder = Directory.CreateTempSubdirectory("k8snf-boot").FullName;

    [Fact]
    public void What_is_predicted_is_what_the_tools_do()
    {
        int count = int.Parse(Environment.GetEnvironmentVariable("K8SNETFILTER_TREES") ?? "250", CultureInfo.InvariantCulture);
        int first = int.Parse(Environment.GetEnvironmentVariable("K8SNETFILTER_SEED") ?? "1", CultureInfo.InvariantCulture);
        string source = Path.Combine(RepositoryRoot(), "tests", "Kernel.Tests", "Modules", "Tools");
        string modules = Path.Combine(_folder, "modules"), trees = Path.Combine(_folder, "trees"), standIn = Path.Combine(_folder, "stand-in.so");
        Directory.CreateDirectory(modules);
        Assert.SkipUnless(File.Exists("/usr/lib/systemd/systemd-modules-load"), "systemd-modules-load is not installed, so there is nothing to compare with");
        Require("gcc", "-shared", "-fPIC", "-O1", "-o", standIn, Path.Combine(source, "kernel-stand-in.c"), "-ldl");
        Require("bash", Path.Combine(source, "universe.sh"), modules);
        Require("unshare", "-m", "sh", "-c", "d=$(mktemp -d) && mount -t tmpfs t $d && mkdir $d/u $d/w && mount -t overlay o -o lowerdir=/usr/lib,upperdir=$d/u,workdir=$d/w /usr/lib");

        var made = new List<ModuleTree>();
        for (int seed = first; seed < first + count; seed++)
        {
            var tree = new ModuleTree(seed, Path.Combine(trees, seed.ToString("D6", CultureInfo.InvariantCulture)));
            tree.Write();
            Copy(modules, Path.Combine(tree.Root, "lib", "modules", Release));
            made.Add(tree);
        }

        string? failure = Run("unshare", "-m", "bash", Path.Combine(source, "boot.sh"), trees, standIn, modules);
        Assert.True(failure is null, failure);
        var mismatches = made.SelectMany(tree => Compare(tree).Select(m => $"seed {Path.GetFileName(tree.Folder)}: {m}")).ToList();
        Assert.True(mismatches.Count == 0, $"{mismatches.Count} mismatches:\n{string.Join('\n', mismatches.Take(20))}");

        // A generator that makes only empty trees would agree with anything.
        Assert.True(made.Count(t => File.ReadAllText(Path.Combine(t.Folder, "log")).Length != 0) > count / 2, "most trees load nothing");
    }

    private static IEnumerable<string> Compare(ModuleTree tree)
    {
        var node = new TreeModuleSource(tree.Root, tree.CommandLine);
        var boot = BootPrediction.Of(node);
        var report = new ModuleReport(node);
        var there = File.ReadAllLines(Path.Combine(tree.Folder, "there")).ToHashSet(StringComparer.Ordinal);
        foreach (string module in ModuleTree.Modules)
        {
            bool? predicted = report.Describe(module).LoadsAtBoot;
            if (predicted is not null && predicted != there.Contains(module))
            {
                yield return $"{module}: predicted {predicted}, but it is {(there.Contains(module) ? "" : "not ")}there";
            }
        }

        // What the kernel was handed, in order, as long as no command has been run whose effect nobody can tell.
        var handed = File.ReadAllText(Path.Combine(tree.Folder, "log")).Split('\n').Select(l => l.Split('\t')).Where(f => f.Length > 3)
            .Select(f => $"{f[0]} {f[1]} {string.Join('\t', f[2..^1])}".TrimEnd());
        var steps = boot.Steps.Where(s => s.Install is not null || (s.Path is not null && node.HasFile(s.Path)));
        var expected = steps.Select(s => s.Install is { } i ? $"install {s.Target.Name} {i.Value.Replace("$CMDLINE_OPTS", s.Options, StringComparison.Ordinal)}".TrimEnd() : $"load {s.Target.Name} {s.Options}".TrimEnd()).ToList();
        int certain = boot.Steps.TakeWhile(s => s.Install is null || InstallCommand.EndsWithoutLoading(s.Install.Value) is not null).Count();
        if (certain == boot.Steps.Count && !handed.SequenceEqual(expected))
        {
            yield return $"steps: predicted [{string.Join(" | ", expected)}], but they are [{string.Join(" | ", handed)}]";
        }

        foreach (string problem in CompareRequests(tree, boot, certain == boot.Steps.Count).Concat(CompareDepends(tree, boot, node)))
        {
            yield return problem;
        }
    }

    // systemd logs each file that it reads and each name that it looks up, then what became of it.
    private static IEnumerable<string> CompareRequests(ModuleTree tree, BootPrediction boot, bool isCertain)
    {
        string file = "/proc/cmdline";
        var answers = new List<string>();
        foreach (string line in File.ReadAllLines(Path.Combine(tree.Folder, "said"), Encoding.UTF8))
        {
            if (line.StartsWith("apply: ", StringComparison.Ordinal))
            {
                file = line[7..];
            }

            string? what = line switch
            {
                _ when line.StartsWith("Failed to find module", StringComparison.Ordinal) => "Missing",
                _ when line.StartsWith("Failed to look up module alias", StringComparison.Ordinal) => "Missing",
                _ when line.EndsWith("is built in", StringComparison.Ordinal) => "BuiltIn",
                _ when line.EndsWith("is already loaded", StringComparison.Ordinal) => "Loads",
                _ when line.StartsWith("Inserted module", StringComparison.Ordinal) => "Inserted",
                _ when line.EndsWith("is deny-listed", StringComparison.Ordinal) || line.Contains("is deny-listed (by kmod)", StringComparison.Ordinal) => "Blacklisted",
                _ when line.StartsWith("Failed to insert module", StringComparison.Ordinal) || line.Contains("is deny-listed (by kernel)", StringComparison.Ordinal) => "Fails",
                _ => null,
            };
            if (what is not null)
            {
                answers.Add($"{file} {what}");
            }
        }

        // A command that ends well without loading counts as an insertion to libkmod.
        var expected = boot.Requests.Select(r => $"{r.Source!.File} " + r.Outcome switch
        {
            BootOutcome.Missing when boot.Resolver.Lookup(r.Module).Targets.Count == 0 => "Missing",
            BootOutcome.BuiltIn or BootOutcome.Blacklisted => r.Outcome.ToString(),
            BootOutcome.Loads => "Loads",
            BootOutcome.InstallCommand when InstallCommand.EndsWithoutLoading(boot.Configuration.Rules.First(rule => rule.Source == r.BlockedBy).Value) == true => "Loads",
            _ => "Fails",
        });
        if (isCertain && !answers.Select(a => a.Replace("Inserted", "Loads", StringComparison.Ordinal)).SequenceEqual(expected))
        {
            yield return $"requests: predicted [{string.Join(" | ", expected)}], but they are [{string.Join(" | ", answers)}]";
        }
    }

    // modprobe -D prints the steps without taking them.
    private static IEnumerable<string> CompareDepends(ModuleTree tree, BootPrediction boot, TreeModuleSource node)
    {
        foreach (string name in tree.Asked)
        {
            string[] said = [.. File.ReadAllText(Path.Combine(tree.Folder, "depends." + name)).Split('\n').Select(l => l.TrimEnd()).Where(l => l.Length != 0)];
            var expected = boot.Resolver.Lookup(name).Targets
                .Where(t => t.Alias is null || boot.Configuration.Blacklist(t.Name) is null)
                .SelectMany(boot.Resolver.Steps)
                .Select(s => s.Install is { } install ? $"install {install.Value} {s.Options}".TrimEnd()
                    : s.Path is not null ? $"insmod {Path.GetFileName(s.Path)} {s.Options}".TrimEnd()
                    : node.Catalog!.IsBuiltIn(s.Target.Name) ? $"builtin {s.Target.Name}" : "")
                .Where(l => l.Length != 0);
            if (!said.Select(WithoutFolder).SequenceEqual(expected))
            {
                yield return $"modprobe -D {name}: predicted [{string.Join(" | ", expected)}], but it says [{string.Join(" | ", said)}]";
            }
        }
    }

    private static string WithoutFolder(string line) => line.StartsWith("insmod /", StringComparison.Ordinal)
        ? "insmod " + line[(line.IndexOf("/kernel/", StringComparison.Ordinal) + 8)..]
        : line;

    private static void Require(string tool, params string[] arguments)
    {
        string? failure = Run(tool, arguments);
        Assert.SkipUnless(failure is null, failure ?? "");
    }

    // What went wrong; null where nothing did.
    private static string? Run(string tool, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"{tool} {string.Join(' ', arguments)}: {output.Result}{errors}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return $"{tool} is not installed";
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "K8sNetfilter.psd1")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }

    public void Dispose()
    {
        if (Environment.GetEnvironmentVariable("K8SNETFILTER_KEEP") is null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
