using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Tests.Namespaces;

namespace K8sNetfilter.Tests.Conntrack;

// Counts threads and descriptors of the whole process, so nothing else may run beside it.
[Collection("alone")]
public sealed class ConntrackCommandTests : IDisposable
{
    private readonly Runspace _runspace;

    public ConntrackCommandTests()
    {
        var state = InitialSessionState.CreateDefault2();
        foreach (var type in new[] { typeof(Commands.GetConntrackEntryCommand), typeof(Commands.GetConntrackStatisticCommand), typeof(Commands.RemoveConntrackEntryCommand) })
        {
            var attribute = (CmdletAttribute)type.GetCustomAttributes(typeof(CmdletAttribute), inherit: false)[0];
            state.Commands.Add(new SessionStateCmdletEntry($"{attribute.VerbName}-{attribute.NounName}", type, null));
        }

        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
    }

    public void Dispose() => _runspace.Dispose();

    private PowerShell Shell(string script, NetworkNamespace inside)
    {
        var shell = PowerShell.Create(_runspace);
        _runspace.SessionStateProxy.SetVariable("pod", $"/proc/self/fd/{inside.Descriptor}");
        return shell.AddScript(script);
    }

    private List<PSObject> Run(string script, NetworkNamespace inside, bool errors = false)
    {
        using var shell = Shell(script, inside);
        var output = shell.Invoke();
        Assert.Equal(errors, shell.Streams.Error.Count > 0);
        return [.. output];
    }

    private static NetworkNamespace Make()
    {
        var inside = Privilege.MakeNamespace();
        Assert.SkipUnless(Path.Exists("/sys/module/nf_conntrack"), "This kernel has no nf_conntrack loaded, and the test loads no modules.");
        return inside;
    }

    [Fact]
    public void Entries_of_another_namespace_are_read_and_removed_through_the_pipeline()
    {
        using var inside = Make();
        using var factory = new ConntrackFactory(inside);
        factory.Create(0, 1_000);
        Assert.Equal(1_000, Run("Get-ConntrackEntry -NetNamespace $pod", inside).Count);
        var udp = Run("Get-ConntrackEntry -NetNamespace $pod -Protocol Udp -Source 10.0.0.0/8 -Unreplied", inside);
        Assert.NotEmpty(udp);
        Assert.All(udp, o => Assert.Equal("udp", ((ConntrackEntry)o.BaseObject).Protocol));
        Assert.Empty(Run("Get-ConntrackEntry -NetNamespace $pod -Protocol udp | Remove-ConntrackEntry -NetNamespace $pod -WhatIf", inside));
        Assert.Equal(1_000, Run("Get-ConntrackEntry -NetNamespace $pod", inside).Count);
        var removed = Run("Get-ConntrackEntry -NetNamespace $pod -Protocol udp | Remove-ConntrackEntry -NetNamespace $pod -Confirm:$false -PassThru", inside);
        Assert.Equal(200, removed.Count);
        Assert.Equal(800L, ((ConntrackStatistic)Run("Get-ConntrackStatistic -NetNamespace $pod", inside).Single().BaseObject).Count);
        // A second run changes nothing, and that is no error.
        _runspace.SessionStateProxy.SetVariable("gone", removed);
        Assert.Empty(Run("$gone | Remove-ConntrackEntry -NetNamespace $pod -Confirm:$false -PassThru", inside));
    }

    [Fact]
    public void A_table_of_any_size_gives_each_entry_once_also_through_the_read_ahead()
    {
        using var inside = Make();
        using var factory = new ConntrackFactory(inside);
        factory.Create(0, 20_001);
        Assert.Equal(20_001, Run("Get-ConntrackEntry -NetNamespace $pod", inside).Select(o => o.ToString()).Distinct().Count());
    }

    [Theory]
    [InlineData("Get-ConntrackEntry -Source 10.0.0.256", "InvalidAddressPrefix")]
    [InlineData("Get-ConntrackEntry -Protocol nonsense", "InvalidProtocol")]
    [InlineData("Get-ConntrackEntry -Mark 2/1", "InvalidMark")]
    [InlineData("Get-ConntrackEntry -NetNamespace nonsense", "NamespaceNotFound")]
    public void A_wrong_parameter_is_an_error_with_an_id(string script, string errorId)
    {
        using var inside = Make();
        using var shell = Shell(script, inside);
        Assert.Empty(shell.Invoke());
        Assert.StartsWith(errorId + ",", Assert.Single(shell.Streams.Error).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Ctrl_C_ends_a_reading_at_once_and_leaves_nothing_behind()
    {
        using var inside = Make();
        using var factory = new ConntrackFactory(inside);
        factory.Create(0, 30_000);
        // What the engine itself keeps is there after a first run.
        Run("Get-ConntrackEntry -NetNamespace $pod | ForEach-Object { if ($_) { return } }", inside);
        var before = Descriptors();
        for (int round = 0; round < 3; round++)
        {
            using var shell = Shell("Get-ConntrackEntry -NetNamespace $pod | ForEach-Object { [Threading.Thread]::Sleep(1); $_ }", inside);
            var output = new PSDataCollection<PSObject>();
            var since = Stopwatch.StartNew();
            var running = shell.BeginInvoke<PSObject, PSObject>(null, output);
            Assert.True(SpinWait.SpinUntil(() => output.Count > 3, TimeSpan.FromSeconds(30)));
            var watch = Stopwatch.StartNew();
            shell.Stop();
            // A second is what is promised; a machine that does ten other things may need a few.
            Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
            // An entry takes a millisecond or more: what came is what there was time for, and never the whole table.
            Assert.InRange(output.Count, 4, Math.Min(29_999, (int)since.ElapsedMilliseconds + 1));
            Assert.ThrowsAny<RuntimeException>(() => shell.EndInvoke(running));
        }

        Assert.True(SpinWait.SpinUntil(() => !ReadAheadThreads(), TimeSpan.FromSeconds(30)), "A thread was left behind.");
        // Sockets and namespaces are what the reading opens; the runtime opens others when it likes.
        Assert.Equal(before, Descriptors());
    }

    private static List<string> Descriptors() =>
        [.. Directory.GetFileSystemEntries("/proc/self/fd").Select(f => new FileInfo(f).LinkTarget ?? "")
            .Where(t => t.StartsWith("socket:", StringComparison.Ordinal) || t.StartsWith("net:", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static bool ReadAheadThreads() =>
        Directory.GetDirectories("/proc/self/task").Any(t =>
        {
            try
            {
                return File.ReadAllText(t + "/comm").StartsWith("read-ahead", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;
            }
        });
}
