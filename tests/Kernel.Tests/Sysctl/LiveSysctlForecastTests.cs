using System.Collections.Concurrent;
using K8sNetfilter.IO;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Tests.Sysctl;

/// <summary>What is predicted of configuration trees, against what the real tools make of them on the real kernel.</summary>
public sealed class LiveSysctlForecastTests
{
    private const int Trees = 600;

    [Fact]
    public void What_is_predicted_is_what_the_tools_do()
    {
        Assert.SkipUnless(SysctlSandbox.Unavailable is null, SysctlSandbox.Unavailable ?? "");
        int first = 0, count = Trees;
        if (Environment.GetEnvironmentVariable("K8SNF_TEST_TREES") is { } range)
        {
            // first:count, to look at one tree or at many more.
            int[] numbers = [.. range.Split(':').Select(int.Parse)];
            (first, count) = (numbers[0], numbers[1]);
        }

        var seeds = new ConcurrentQueue<int>(Enumerable.Range(first, count));
        var mismatches = new ConcurrentQueue<string>();
        int done = 0, decided = 0;
        Parallel.For(0, 2, _ => SysctlSandbox.Run(() =>
        {
            var excluded = KeysThatInterfacesKeep();
            while (seeds.TryDequeue(out int seed) && mismatches.Count < 5)
            {
                Interlocked.Add(ref decided, Compare(seed, excluded, mismatches));
                Interlocked.Increment(ref done);
            }
        }));
        Assert.True(mismatches.IsEmpty, string.Join("\n\n", mismatches));
        Assert.Equal(count, done);
        Assert.True(count < 100 || decided > 10 * count, $"The trees decided only {decided} values.");
    }

    /// <summary>
    /// A machine whose own <c>default</c> was set since it booted passes on, to interfaces of new namespaces too, that they keep what they have
    /// (net/ipv4/devinet.c, devinet_init_net copies the state). Those keys can't be compared with a fresh boot here.
    /// </summary>
    private static HashSet<string> KeysThatInterfacesKeep()
    {
        var keep = new HashSet<string>(StringComparer.Ordinal);
        SysctlSandbox.NewNetwork(withLoopback: false);
        var source = new LiveSysctls(KernelRoot.Live);
        foreach (string key in new[] { "rp_filter", "accept_redirects", "log_martians", "arp_ignore", "tag", "proxy_arp", "route_localnet" })
        {
            string changed = source.ReadValue($"net/ipv4/conf/eth0/{key}") == "1" ? "0" : "1";
            LiveSysctls.WriteValue($"net/ipv4/conf/default/{key}", changed);
            if (source.ReadValue($"net/ipv4/conf/eth0/{key}") != changed)
            {
                keep.Add(key);
            }
        }

        return keep;
    }

    private static int Compare(int seed, IReadOnlySet<string> excluded, ConcurrentQueue<string> mismatches)
    {
        var tree = new TreeGenerator(seed, excluded).Tree();
        SysctlSandbox.WriteTree(tree);
        int decided = 0;

        // The boot: systemd-sysctl, then udev's rule for each interface.
        SysctlSandbox.NewNetwork(withLoopback: true);
        var source = new LiveSysctls(KernelRoot.Live);
        var before = SysctlSandbox.ReadAll(source);
        var forecast = SysctlForecast.Of(source);
        var predicted = before.Keys.ToDictionary(p => p, p => forecast.Explain(p, before[p]));
        string output = SysctlSandbox.Tool(SysctlSandbox.SystemdTool);
        SysctlSandbox.Tool(SysctlSandbox.SystemdTool, [.. SysctlSandbox.Interfaces.SelectMany(name => new[] { $"--prefix=/net/ipv4/conf/{name}", $"--prefix=/net/ipv4/neigh/{name}", $"--prefix=/net/ipv6/conf/{name}", $"--prefix=/net/ipv6/neigh/{name}" })]);

        foreach (var (path, value) in SysctlSandbox.ReadAll(source))
        {
            var said = predicted[path];
            decided += said.BootValue is null ? 0 : 1;
            if ((said.BootValue ?? before[path]) != value)
            {
                mismatches.Enqueue($"tree {seed}, boot: {said.Name} is {value}, was {before[path]}, predicted {said.BootValue ?? "nothing"} ({said.Reason})\n{output}\n{TreeGenerator.Describe(tree)}");
            }
        }

        // The other tool, on interfaces that nothing was written to, so that nothing about them is unknown.
        SysctlSandbox.NewNetwork(withLoopback: false);
        before = SysctlSandbox.ReadAll(source);
        var keys = new SysctlTree(before.Keys);
        var kernel = new SysctlKernel(keys, before.GetValueOrDefault, before.GetValueOrDefault) { InterfacesAreFresh = true };
        foreach (var write in SysctlPlan.Of(SysctlOrder.Procps, source.ProcpsFiles, source.ProcpsExcludesByPattern).Writes(keys))
        {
            if (write is { Path: { } path, LeftTo: null } && keys.Contains(path))
            {
                kernel.Write(path, write.By.Value!, write.By, onlyChanges: false);
            }
        }

        forecast = SysctlForecast.Of(source);
        predicted = before.Keys.ToDictionary(p => p, p => forecast.Explain(p, before[p]));
        output = SysctlSandbox.Tool(SysctlSandbox.ProcpsTool, "--system");
        foreach (var (path, value) in SysctlSandbox.ReadAll(source))
        {
            var said = predicted[path];
            decided += kernel[path] is null ? 0 : 1;
            if (kernel.Value(path) != value || (said.SystemValue is not null && said.SystemValue != value))
            {
                mismatches.Enqueue($"tree {seed}, sysctl --system: {said.Name} is {value}, was {before[path]}, predicted {kernel.Value(path)} and {said.SystemValue ?? "nothing"} ({kernel[path]?.By})\n{output}\n{TreeGenerator.Describe(tree)}");
            }
        }

        return decided;
    }
}
