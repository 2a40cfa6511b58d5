using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using K8sNetfilter.Tests.KubeProxy;

namespace K8sNetfilter.Tests.Examples;

/// <summary>
/// Every example of the help pages, the about_ pages and the README is run, in k8snf and in PowerShell, on a node that has what they speak of: none may write an error, but for those
/// that a kernel without loadable modules has to refuse.
/// </summary>
public sealed class ExampleTests
{
    /// <summary>What this machine can't do: its kernel has everything built in.</summary>
    private static readonly string[] Refused = ["ModuleBuiltIn", "ModuleParameterBuiltIn"];

    [Fact]
    public void Every_example_runs_without_an_error() => RunAll("exec \"$0\" -Quiet -File /tmp/examples.ps1", K8snf.Path, "");

    /// <summary>PowerShell's own commands are there, and its formatter, which writes what a user sees.</summary>
    [Fact]
    public void Every_example_runs_in_PowerShell_too()
    {
        string[] places = [Path.Combine(K8snf.RepositoryRoot, "tests/support/PowerShell/bin/Release/net10.0/pwsh"), .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(p => Path.Combine(p, "pwsh"))];
        string? pwsh = places.FirstOrDefault(File.Exists);
        Assert.SkipWhen(pwsh is null, "There is no pwsh: build tests/support/PowerShell, or install it.");
        RunAll("exec \"$0\" -NoProfile -NonInteractive -File /tmp/examples.ps1", pwsh, $"Import-Module '{K8snf.RepositoryRoot}/K8sNetfilter.psd1' -ErrorAction Stop");
    }

    private static void RunAll(string call, string program, string first)
    {
        Assert.SkipUnless(Environment.UserName == "root" && K8snf.Bash("unshare --mount --net --pid --fork true && command -v iptables-restore").ExitCode == 0,
            "Needs root, namespaces and iptables.");
        var examples = Example.OfHelp().Concat(Example.OfReadme()).Concat(Example.OfAbout()).ToList();
        Assert.InRange(examples.Count, 75, 1000);
        var folder = Directory.CreateTempSubdirectory("k8snf-examples");
        try
        {
            string rules = Path.Combine(folder.FullName, "rules");
            File.WriteAllText(rules, KubeProxyRuleset.Write(
            [
                new KubeProxyService("kube-system", "kube-dns", "dns", IPAddress.Parse("10.96.0.10"), 53, [new IPEndPoint(IPAddress.Parse("10.244.0.3"), 53)]),
                new KubeProxyService("default", "kubernetes", "https", IPAddress.Parse("10.96.0.1"), 443, [new IPEndPoint(IPAddress.Parse("10.0.0.5"), 6443)]),
                new KubeProxyService("default", "web", "http", IPAddress.Parse("10.96.0.20"), 80, [new IPEndPoint(IPAddress.Parse("10.244.0.2"), 8080)]) { NodePort = 30080 },
            ]));
            string node = Path.Combine(K8snf.RepositoryRoot, "tests/Host.Tests/Examples/node.sh");
            var run = K8snf.Bash($"""
                export EXAMPLES={Convert.ToBase64String(Encoding.UTF8.GetBytes(Script(examples, first)))}
                bash '{node}' '{K8snf.RepositoryRoot}' '{rules}' bash -c 'echo "$EXAMPLES" | base64 -d > /tmp/examples.ps1; {call}' '{program}'
                """);
            Assert.SkipWhen(run.Error.Contains("overlay", StringComparison.Ordinal) && run.Error.StartsWith("mount: ", StringComparison.Ordinal), "This file system can't be overlaid: " + run.Error);
            var results = run.Error.Split('\n').Where(l => l.StartsWith("EXAMPLE ", StringComparison.Ordinal)).Select(l => JsonNode.Parse(l[8..])!).ToList();
            var wrong = results.Where(r => r["errors"]!.AsArray().Any(e => !Refused.Contains(e!["id"]!.GetValue<string>()))).ToList();
            Assert.True(wrong.Count == 0, string.Join('\n', wrong.Select(w => w.ToJsonString())));
            Assert.True(results.Count == examples.Count, $"{results.Count} of {examples.Count} examples were run.\n{run.Error}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A script that runs them one by one and says of each which errors it wrote.</summary>
    private static string Script(IReadOnlyList<Example> examples, string first)
    {
        var script = new StringBuilder(first).AppendLine();
        string source = "";
        foreach (var example in examples)
        {
            // An about_ page starts without the archive that another page's examples wrote.
            if (source != example.Source && (source = example.Source).StartsWith("about_", StringComparison.Ordinal))
            {
                script.AppendLine("[IO.File]::Delete('/tmp/here/node1.tar.gz')");
            }

            // An example that ends the shell would end all.
            string code = example.Code.Replace("exit 1", "'exit 1'", StringComparison.Ordinal);
            script.Append(CultureInfo.InvariantCulture, $$"""
                $failures = @()
                $ConfirmPreference = 'None'
                try { $null = & { {{code}}
                } -ErrorVariable failures 2>&1 | ForEach-Object { if ($_ -is [System.Management.Automation.ErrorRecord]) { $failures += $_ } } } catch { $failures += $_ }
                $said = foreach ($failure in $failures[0..1]) { '{"id":"' + ($failure.FullyQualifiedErrorId -replace ',.*' -replace '[^\w]') + '","says":"' + ("$failure" -replace '[^\w .,:/-]') + '"}' }
                [Console]::Error.WriteLine('EXAMPLE {"source":"{{example.Source}}","code":"' + '{{example.Code.Replace("'", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal).Replace('\n', ' ')}}' + '","errors":[' + ($said -join ',') + ']}')

                """);
        }

        return script.ToString();
    }
}
