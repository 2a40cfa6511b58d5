using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Net;
using System.Text.RegularExpressions;
using K8sNetfilter.Addressing;
using K8sNetfilter.Commands;
using K8sNetfilter.Hooks;
using K8sNetfilter.Processes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Tests.KubeProxy;
using K8sNetfilter.Tests.Links;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Rulesets;

/// <summary>
/// Another program replaces the rules fifty times a second while they are read. Both of its rule sets are whole and every commit is one step, so that
/// each answer must be that of the one or that of the other, or say that the rules kept changing. K8SNF_CHANGING_QUESTIONS=5000 asks so many.
/// </summary>
[Collection("alone")]
public sealed class ChangingRulesTests : IDisposable
{
    private static readonly string[] Questions =
    [
        "Test-ServiceHairpin -NetNamespace $node | % { \"$($_.Service) $($_.SourcePod) $($_.Endpoint) $($_.Verdict) $($_.Cause)\" }",
        "Trace-NetfilterPacket 10.244.0.2 10.96.0.10 -Protocol Tcp -DestinationPort 80 -NetNamespace $node | % { \"$($_.Hook) $($_.Table) $($_.Chain) $($_.RuleNumber) $($_.Outcome) $($_.Verdict)\" }",
        "Test-NetfilterChain -NetNamespace $node | % { \"$($_.Owner) $($_.Group) $($_.Verdict) $($_.Cause)\" }",
        "Get-NodeService -NetNamespace $node | % { \"$($_.FullName) $($_.Endpoints -join ' ')\" }",
        "Get-NetfilterChain -NetNamespace $node | % { \"$($_.Table) $($_.Name) $($_.RuleCount)\" }",
        "Get-NetfilterRule -NetNamespace $node | % { \"$($_.Table) $($_.Chain) $($_.Number) $($_.Target)\" }",
        "Get-NetfilterHook -NetNamespace $node | % { \"$($_.Scenario) $($_.Hook) $($_.Name) $($_.Table) $($_.RuleCount)\" }",
    ];

    private readonly Runspace _runspace;
    private readonly NodeFixture _node = new(2);

    public ChangingRulesTests()
    {
        var state = InitialSessionState.CreateDefault2();
        foreach (var type in (Type[])[typeof(TestServiceHairpinCommand), typeof(TraceNetfilterPacketCommand), typeof(TestNetfilterChainCommand), typeof(GetNodeServiceCommand),
            typeof(GetNetfilterChainCommand), typeof(GetNetfilterRuleCommand), typeof(GetNetfilterHookCommand)])
        {
            var name = type.GetCustomAttributes(typeof(CmdletAttribute), false).Cast<CmdletAttribute>().Single();
            state.Commands.Add(new SessionStateCmdletEntry($"{name.VerbName}-{name.NounName}", type, null));
        }

        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
        _runspace.SessionStateProxy.SetVariable("node", $"/proc/self/fd/{_node.Node.Descriptor}");
        Tool.Run(_node.Node, "sysctl -qw net.ipv4.ip_forward=1");
    }

    public void Dispose()
    {
        _runspace.Dispose();
        _node.Dispose();
    }

    [Theory]
    [InlineData(NetfilterBackend.Nft)]
    [InlineData(NetfilterBackend.Legacy)]
    public void No_answer_is_put_together_of_two_rule_sets(NetfilterBackend backend)
    {
        Tool.Require(Restore.NameOf(backend, IPFamily.IPv4, "restore"));
        string[] sets = [Rules(0), Turned(Rules(60))];
        var steady = new List<HashSet<string>>();
        foreach (string question in Questions)
        {
            var answers = new HashSet<string>(StringComparer.Ordinal);
            foreach (string set in sets)
            {
                Tool.Run(_node.Node, $"iptables-{NameOf(backend)} -t nat -F");
                Tool.Run(_node.Node, $"iptables-{NameOf(backend)} -t nat -X");
                Tool.Run(_node.Node, $"iptables-{NameOf(backend)} -F");
                Tool.Run(_node.Node, $"iptables-{NameOf(backend)} -X");
                Restore.Do(_node.Node, backend, IPFamily.IPv4, set);
                var (text, errors) = Ask(question);
                Assert.True(errors.Length == 0 && text.Length > 0, question + ": " + string.Join(' ', errors));
                answers.Add(text);
            }

            steady.Add(answers);
        }

        // The verdict of both is the same; whoever mixes them finds another.
        Assert.Single(steady[0]);
        Assert.All(steady.Skip(4).Take(2), s => Assert.Equal(2, s.Count));
        int asked = 0, decided = 0, most = int.TryParse(Environment.GetEnvironmentVariable("K8SNF_CHANGING_QUESTIONS"), out int given) ? given : int.MaxValue;
        var until = most == int.MaxValue ? TimeSpan.FromSeconds(10) : TimeSpan.FromHours(2);
        var since = Stopwatch.StartNew();
        using (new Writer(_node, backend, sets))
        {
            for (; asked < most && since.Elapsed < until; asked++)
            {
                int which = asked % Questions.Length;
                var (text, errors) = Ask(Questions[which]);
                if (errors.Length > 0)
                {
                    Assert.All(errors, e => Assert.StartsWith("RulesetChanging,", e, StringComparison.Ordinal));
                    Assert.True(which > 2 || IsUnknown(text), $"{Questions[which]} with an error:\n{text}");
                    continue;
                }

                decided++;
                Assert.True(steady[which].Contains(text), $"Question {asked}, {Questions[which]}:\n{text}\n\nneither\n{string.Join("\n\nnor\n", steady[which])}");
            }
        }

        TestContext.Current.SendDiagnosticMessage($"{backend}: {asked} questions, {decided} decided");
        // What said that rules kept changing has an answer once they do not.
        for (int i = 0; i < Questions.Length; i++)
        {
            var (text, errors) = Ask(Questions[i]);
            Assert.Empty(errors);
            Assert.Contains(text, steady[i]);
        }
    }

    private static string NameOf(NetfilterBackend backend) => backend == NetfilterBackend.Nft ? "nft" : "legacy";

    // Of a trace, the last step decides.
    private static bool IsUnknown(string text) => !text.Split('\n').Any(l => l.Contains(" Works", StringComparison.Ordinal) || l.Contains(" Broken", StringComparison.Ordinal)
        || l.StartsWith("RESULT", StringComparison.Ordinal) && !l.Contains("Unknown", StringComparison.Ordinal));

    private static string Rules(int others)
    {
        var services = new List<KubeProxyService> { new("shop", "web", "http", IPAddress.Parse("10.96.0.10"), 80, [new(NodeFixture.PodAddress(0), 8080)]) };
        services.AddRange(Enumerable.Range(0, others).Select(i => new KubeProxyService("more", $"s{i}", "http", IPAddress.Parse($"10.96.1.{i + 1}"), 80, [new(IPAddress.Parse($"10.245.0.{i + 1}"), 8080)])));
        return KubeProxyRuleset.Write(services);
    }

    // The same rules with other names of their chains, and in another order of them.
    private static string Turned(string rules) => Regex.Replace(rules, "KUBE-(SVC|SEP)-([A-Z2-7]{16})", m => $"KUBE-{m.Groups[1].Value}-{new string([.. m.Groups[2].Value.Reverse()])}");

    private (string Text, string[] Errors) Ask(string script)
    {
        using var shell = PowerShell.Create(_runspace).AddScript(script);
        var output = shell.Invoke();
        return (string.Join('\n', output.Select(o => o.ToString())), [.. shell.Streams.Error.Select(e => e.FullyQualifiedErrorId)]);
    }

    /// <summary>One process of the real tool, which gets one rule set and then the other every 20 ms; each COMMIT is a step of its own.</summary>
    private sealed class Writer : IDisposable
    {
        private readonly Process _process;
        private readonly Thread _thread;
        private volatile bool _ends;

        public Writer(NodeFixture node, NetfilterBackend backend, string[] sets)
        {
            _process = node.Node.Run(() => Process.Start(new ProcessStartInfo(ToolProcess.Find(Restore.NameOf(backend, IPFamily.IPv4, "restore"))!) { RedirectStandardInput = true })!);
            _thread = new Thread(() =>
            {
                for (int i = 0; !_ends; i++)
                {
                    _process.StandardInput.Write(sets[i % sets.Length]);
                    _process.StandardInput.Flush();
                    Thread.Sleep(20);
                }
            });
            _thread.Start();
        }

        public void Dispose()
        {
            _ends = true;
            _thread.Join();
            _process.StandardInput.Close();
            _process.WaitForExit();
            Assert.Equal(0, _process.ExitCode);
            _process.Dispose();
        }
    }
}
