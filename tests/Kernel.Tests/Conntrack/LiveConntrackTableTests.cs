using System.Text.RegularExpressions;
using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop.Files;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Conntrack;

public sealed partial class LiveConntrackTableTests
{
    // What the tool prints and an entry does not keep: who looks at it now, and how long ago it began.
    [GeneratedRegex(" (use|delta-time)=[0-9]+")]
    private static partial Regex NotKept();

    [GeneratedRegex("^(ipv[46] +[0-9]+ [a-z0-9]+ +[0-9]+ )[0-9]+ ")]
    private static partial Regex Timeout();

    private static NetworkNamespace Make()
    {
        var inside = Privilege.MakeNamespace();
        if (!Path.Exists("/sys/module/nf_conntrack"))
        {
            inside.Dispose();
            Assert.Skip("This kernel has no nf_conntrack loaded, and the test loads no modules.");
        }

        return inside;
    }

    private static ConntrackTable Table(NetworkNamespace inside) => new LiveNode(KernelRoot.Live, inside).Conntrack;

    private static List<ConntrackEntry> Read(NetworkNamespace inside, ConntrackFilter? filter = null, int filterFrom = 10_000) =>
        [.. new ConntrackTable(KernelRoot.Live, new PinnedNamespace(KernelRoot.Live, inside)) { FilterFrom = filterFrom }
            .Read(filter ?? ConntrackFilter.All, w => Assert.Fail(w), TestContext.Current.CancellationToken)!];

    private static (uint?, string, string, int?, int?, int) Key(ConntrackEntry e) =>
        (e.Id, e.Protocol + e.Source, e.Destination.ToString(), e.SourcePort ?? e.IcmpId ?? e.SourceKey, e.DestinationPort ?? e.IcmpType, e.Zone);

    [Fact]
    public void Fifty_thousand_entries_of_every_kind_are_what_the_tool_says()
    {
        Assert.SkipUnless(Tool.IsThere("conntrack"), "conntrack is not installed.");
        using var inside = Make();
        inside.Run(() =>
        {
            // Entries that were made before one of them was on have no counters or no times.
            File.WriteAllText("/proc/sys/net/netfilter/nf_conntrack_acct", "0");
            File.WriteAllText("/proc/sys/net/netfilter/nf_conntrack_timestamp", "0");
        });
        bool labels = Tool.IsThere("iptables") && Directory.Exists("/sys/module/nf_conntrack");
        if (labels)
        {
            Tool.Run(inside, "iptables", "-t", "raw", "-A", "PREROUTING", "-m", "connlabel", "--label", "7");
        }

        using var factory = new ConntrackFactory(inside) { Labels = labels };
        factory.Create(0, 10_000);
        inside.Run(() => File.WriteAllText("/proc/sys/net/netfilter/nf_conntrack_acct", "1"));
        factory.Create(10_000, 10_000);
        inside.Run(() => File.WriteAllText("/proc/sys/net/netfilter/nf_conntrack_timestamp", "1"));
        factory.Create(20_000, 30_000);
        Tool.Run(inside, "conntrack", "-I", "-p", "50", "-s", "10.0.0.1", "-d", "10.0.0.2", "-t", "9999");
        // Expectations are a table of their own and must not appear among connections.
        bool helper = Directory.Exists("/sys/module/nf_conntrack_ftp");
        if (helper)
        {
            factory.CreateHelped("ftp", 21);
            Tool.Run(inside, "conntrack", "-I", "expect", "--orig-src", "10.0.0.1", "--orig-dst", "10.0.0.2", "-p", "tcp", "--orig-port-src", "1", "--orig-port-dst", "21",
                "--tuple-src", "10.0.0.1", "--tuple-dst", "10.0.0.2", "--tuple-port-src", "0", "--tuple-port-dst", "5555",
                "--mask-src", "255.255.255.255", "--mask-dst", "255.255.255.255", "--mask-port-src", "0", "--mask-port-dst", "65535", "-t", "600");
        }

        var ours = Read(inside).ToDictionary(Key);
        var lines = Tool.Lines(inside, "conntrack", "-L", "-o", "extended,id,ktimestamp");
        Assert.Equal(50_001 + (helper ? 1 : 0), lines.Count);
        Assert.Equal(lines.Count, ours.Count);
        int dnat = 0, snat = 0, labelled = 0, timed = 0, helped = 0;
        foreach (string line in lines)
        {
            Assert.True(ConntrackText.TryParse(line, out var record, out string? problem), problem + ": " + line);
            var theirs = new ConntrackEntry(record);
            Assert.True(ours.Remove(Key(theirs), out var mine), "not read: " + line);
            EntryAssert.Same(theirs, mine!, secondsBetween: 120);
            // The same line too, apart from the seconds that passed.
            string text = ConntrackText.Format(mine!, ConntrackTextParts.Extended | ConntrackTextParts.Id | ConntrackTextParts.Timestamp);
            Assert.Equal(Timeout().Replace(NotKept().Replace(line, ""), "$1"), Timeout().Replace(text, "$1"));
            dnat += mine!.IsDnat ? 1 : 0;
            snat += mine.IsSnat ? 1 : 0;
            labelled += mine.Labels.Count;
            helped += mine.Helper == "ftp" ? 1 : 0;
            timed += mine.StartTime is null ? 0 : 1;
        }

        Assert.Empty(ours);
        Assert.Equal(Enumerable.Range(0, 50_000).Count(ConntrackFactory.IsDnat), dnat);
        Assert.True(snat >= Enumerable.Range(0, 50_000).Count(ConntrackFactory.IsSnat));
        Assert.True(timed >= 30_000 && timed < 50_000);
        Assert.Equal(helper ? 1 : 0, helped);
        Assert.Equal(labels ? 2 * Enumerable.Range(0, 50_000).Count(n => n % 11 == 3) : 0, labelled);
    }

    [Fact]
    public void Labels_have_the_names_that_the_tool_gives_them()
    {
        Assert.SkipUnless(Tool.IsThere("conntrack") && Tool.IsThere("iptables"), "conntrack and iptables are not installed.");
        using var inside = Make();
        Tool.Run(inside, "iptables", "-t", "raw", "-A", "PREROUTING", "-m", "connlabel", "--label", "7");
        using var factory = new ConntrackFactory(inside) { Labels = true };
        factory.Create(0, 3000);
        // The names are in /etc/xtables/connlabel.conf: one of the test's own, in a mount namespace that ends with this thread.
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Assert.Equal(0, NamespaceFile.Unshare(NamespaceFile.CLONE_NEWNS));
                Tool.Run(inside, "mount", "--make-rprivate", "/");
                Tool.Run(inside, "mount", "-t", "tmpfs", "none", "/etc");
                Directory.CreateDirectory("/etc/xtables");
                File.WriteAllLines("/etc/xtables/connlabel.conf", Enumerable.Range(0, 128).Select(bit => $"{bit} name-{bit}"));
                var theirs = Tool.Lines(inside, "conntrack", "-L", "-o", "extended,id,labels").Select(line =>
                {
                    Assert.True(ConntrackText.TryParse(line, out var record, out string? problem), problem + ": " + line);
                    return new ConntrackEntry(record);
                }).ToDictionary(Key, e => string.Join(',', e.Labels));
                var ours = Read(inside).ToDictionary(Key, e => string.Join(',', e.Labels));
                Assert.Equal(3000, ours.Count);
                Assert.Equal(theirs, ours);
                var (first, second) = ConntrackFactory.LabelsOf(3);
                Assert.Equal(Enumerable.Range(0, 3000).Count(n => n % 11 == 3), ours.Values.Count(l => l.Length > 0));
                Assert.Contains($"name-{first},name-{second}", ours.Values);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        Assert.True(failure is null, failure?.ToString());
    }

    [Fact]
    public void The_kernels_comparison_and_ours_give_one_answer()
    {
        using var inside = Make();
        using var factory = new ConntrackFactory(inside);
        factory.Create(0, 12_000);
        var all = Read(inside);
        Assert.Equal(12_000, all.Count);
        var four = AddressPrefix.TryParse("10.244.0.4", out var p) ? p : default;
        var six = AddressPrefix.TryParse("fd00:10:244::25", out p) ? p : default;
        var nobody = AddressPrefix.TryParse("fd00::dead", out p) ? p : default;
        var net = AddressPrefix.TryParse("10.96.4.0/22", out p) ? p : default;
        var endpoint = AddressPrefix.TryParse("10.112.0.4", out p) ? p : default;
        (ConntrackFilter Filter, Func<ConntrackEntry, bool> Same)[] cases =
        [
            (new() { Family = IPFamily.IPv6 }, e => e.Family == IPFamily.IPv6),
            (new() { Protocols = [17] }, e => e.Protocol == "udp"),
            (new() { Protocols = [17, 132] }, e => e.Protocol is "udp" or "sctp"),
            (new() { Protocols = [58] }, e => e.Protocol == "icmpv6"),
            (new() { Sources = [four] }, e => e.Source == four.Address.ToString()),
            (new() { Sources = [six] }, e => e.Source == six.Address.ToString()),
            (new() { Sources = [four, six] }, e => e.Source == four.Address.ToString() || e.Source == six.Address.ToString()),
            (new() { Sources = [nobody] }, _ => false),
            (new() { Sources = [six], Family = IPFamily.IPv4 }, _ => false),
            (new() { Destinations = [net] }, e => net.Contains(System.Net.IPAddress.Parse(e.Destination))),
            (new() { ReplySources = [endpoint] }, e => e.ReplySource == endpoint.Address.ToString()),
            (new() { SourcePorts = [1027] }, e => e.SourcePort == 1027),
            (new() { DestinationPorts = [80], Protocols = [6] }, e => e.Protocol == "tcp"),
            (new() { DestinationPorts = [81] }, _ => false),
            (new() { States = ["established", "SynSent"] }, e => e.State is "ESTABLISHED" or "SYN_SENT"),
            (new() { Mark = 0x4000, MarkMask = 0x4000 }, e => (e.Mark & 0x4000) != 0),
            (new() { Mark = 0 }, e => e.Mark == 0),
            (new() { Mark = 0x4002 }, e => e.Mark == 0x4002),
            (new() { Zone = 7 }, e => e.Zone == 7),
            (new() { Zone = 0 }, e => e.Zone == 0),
            (new() { Unreplied = true }, e => e.IsUnreplied),
            (new() { Unreplied = false, Translated = true }, e => !e.IsUnreplied && (e.IsDnat || e.IsSnat)),
            (new() { Translated = true }, e => e.IsDnat || e.IsSnat),
            (new() { Translated = false, Protocols = [6] }, e => e.Protocol == "tcp" && !e.IsDnat && !e.IsSnat),
            (new() { Unreplied = true, Sources = [six], Mark = 0 }, e => e.IsUnreplied && e.Source == six.Address.ToString() && e.Mark == 0),
        ];
        int matched = 0;
        foreach (var (filter, same) in cases)
        {
            var expected = all.Where(same).Select(Key).Order().ToList();
            Assert.Equal(expected, Read(inside, filter, filterFrom: 0).Select(Key).Order());
            Assert.Equal(expected, Read(inside, filter, filterFrom: int.MaxValue).Select(Key).Order());
            matched += expected.Count > 0 ? 1 : 0;
        }

        // A filter that nothing matches proves little.
        Assert.Equal(cases.Length - 3, matched);
    }

    [Fact]
    public void While_entries_come_and_go_none_comes_twice_and_none_is_invented()
    {
        const int Stable = 20_000, Moving = 20_000;
        using var inside = Make();
        using var factory = new ConntrackFactory(inside);
        factory.Create(0, Stable);
        var known = Enumerable.Range(0, Stable + Moving).ToDictionary(
            n => { var r = ConntrackFactory.Plain(n); return (r.Protocol, r.Original, r.Zone); });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        long changes = 0;
        var churn = new Thread(() =>
        {
            for (int round = 0; !stop.IsCancellationRequested; round++)
            {
                int first = Stable + round * 500 % Moving;
                factory.Create(first, 500);
                for (int i = 0; i < 500; i += 50)
                {
                    factory.Delete(first + i, 50);
                }

                Interlocked.Add(ref changes, 1000);
            }
        });
        churn.Start();
        try
        {
            for (int round = 0; round < 15; round++)
            {
                var seen = new HashSet<(uint?, string, string, int?, int?, int)>();
                int stable = 0, moving = 0;
                foreach (var entry in Table(inside).Read(ConntrackFilter.All, w => Assert.Fail(w), TestContext.Current.CancellationToken)!)
                {
                    var record = entry.ToRecord();
                    Assert.True(known.TryGetValue((record.Protocol, record.Original, record.Zone), out int number), "invented: " + entry);
                    Assert.True(seen.Add(Key(entry)), "twice: " + entry);
                    stable += number < Stable ? 1 : 0;
                    moving += number < Stable ? 0 : 1;
                }

                Assert.Equal(Stable, stable);
                Assert.InRange(moving, 0, Moving);
            }
        }
        finally
        {
            stop.Cancel();
            churn.Join();
        }

        Assert.True(changes > 2000, "The table stood still while it was read.");
    }

    [Fact]
    public void An_entry_of_each_kind_can_be_removed_and_the_others_stay()
    {
        using var inside = Make();
        using var factory = new ConntrackFactory(inside);
        factory.Create(0, 400);
        var table = Table(inside);
        var entries = Read(inside);
        // Every kind: protocols, families, zones in each direction, translations.
        for (int i = 0; i < entries.Count; i += 2)
        {
            Assert.True(table.Remove(entries[i], default), entries[i].ToString());
            Assert.False(table.Remove(entries[i], default));
        }

        Assert.Equal(entries.Where((_, i) => i % 2 == 1).Select(Key).Order(), Read(inside).Select(Key).Order());
    }

    [Fact]
    public void A_new_connection_with_the_tuple_of_a_removed_one_is_left_alone()
    {
        using var inside = Make();
        using var factory = new ConntrackFactory(inside);
        factory.Create(3, 1);
        var old = Assert.Single(Read(inside));
        factory.Delete(3, 1);
        // The kernel may give the same memory, and so the same identifier, to the next one: make others between.
        factory.Create(100, 50);
        factory.Create(3, 1);
        var now = Read(inside).Single(e => e.ToRecord().Original == old.ToRecord().Original);
        Assert.SkipWhen(now.Id == old.Id, "The kernel gave the new connection the old one's identifier.");
        Assert.False(Table(inside).Remove(old, default));
        Assert.Equal(51, Read(inside).Count);
    }

    [Fact]
    public void A_namespace_that_vanishes_in_mid_read_is_read_to_its_end()
    {
        var pod = Make();
        using (var factory = new ConntrackFactory(pod))
        {
            factory.Create(0, 5_000);
        }

        string path = $"/proc/self/fd/{pod.Descriptor}";
        using var inside = NetworkNamespace.Open(KernelRoot.Live, path);
        int count = 0;
        foreach (var _ in Table(inside).Read(ConntrackFilter.All, _ => { }, TestContext.Current.CancellationToken)!)
        {
            if (++count == 10)
            {
                pod.Dispose();
            }
        }

        Assert.Equal(5_000, count);
        // Asked for again it is not there, which is said; unless another test has been given the descriptor's number for a namespace of its own.
        try
        {
            using var another = NetworkNamespace.Open(KernelRoot.Live, path);
            Assert.NotEqual(inside.Inode, another.Inode);
        }
        catch (NodeException gone)
        {
            Assert.Contains(gone.ErrorId, (string[])["NamespaceNotFound", "NotANetworkNamespace"]);
        }
    }

    [Fact]
    public void The_statistic_counts_what_is_there()
    {
        using var inside = Make();
        using var factory = new ConntrackFactory(inside);
        factory.Create(0, 1_000);
        var statistic = Table(inside).ReadStatistic(default)!;
        Assert.Equal(1_000, statistic.Count);
        Assert.True(statistic.Maximum >= 1_000);
        Assert.True(statistic.Buckets > 0);
        Assert.Equal(Math.Round(100_000.0 / statistic.Maximum!.Value, 1), statistic.UsedPercent);
        Assert.NotEmpty(statistic.Cpus);
        if (Tool.IsThere("conntrack"))
        {
            var theirs = ConntrackStatisticText.Parse(Tool.Run(inside, "conntrack", "-S"));
            Assert.Equal(ConntrackStatisticText.Format(theirs), ConntrackStatisticText.Format(statistic.Cpus));
        }
    }

    [Fact]
    public void Reading_an_empty_namespace_makes_no_table()
    {
        using var inside = Make();
        Assert.Empty(Read(inside));
        _ = Table(inside).ReadStatistic(default);
        // A namespace in which nobody asked for tracking still tracks nothing.
        var hooks = inside.Run(() => File.ReadAllText("/proc/thread-self/net/ip_tables_names"));
        Assert.Equal("", hooks);
    }

    [Fact]
    public void Leaving_early_and_failing_leave_no_descriptor()
    {
        using var inside = Make();
        using var factory = new ConntrackFactory(inside);
        factory.Create(0, 5_000);
        int before = Descriptors();
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(3, Table(inside).Read(ConntrackFilter.All, _ => { }, default)!.Take(3).Count());
            using var stop = new CancellationTokenSource();
            stop.Cancel();
            Assert.Throws<OperationCanceledException>(() => Table(inside).Read(ConntrackFilter.All, _ => { }, stop.Token)!.Count());
        }

        // Tests beside this one open some too, for a while; a leak would be a hundred, and stay.
        Assert.True(SpinWait.SpinUntil(() => Descriptors() <= before + 5, TimeSpan.FromSeconds(60)), $"{Descriptors()} descriptors, {before} before");
    }

    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;
}
