using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text.RegularExpressions;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Surface;

/// <summary>
/// Every cmdlet of the module that only reads is run on a node of its own, which is compared before and after: parameters, files with their
/// times, modules, links, addresses, routes, neighbours, rules, tables, sets and connections. A new cmdlet is found by the module's own list.
/// </summary>
public sealed partial class ReadsChangeNothingTests
{
    /// <summary>How to call those that a call without parameters does not say all of. Each call is tried by itself.</summary>
    private static readonly Dictionary<string, string[]> Calls = new(StringComparer.Ordinal)
    {
        ["Get-KernelModule"] = ["Get-KernelModule", "Get-KernelModule *", "Get-KernelModule sctp, br_netfilter -ErrorAction Ignore"],
        ["Get-NodeSysctl"] = ["Get-NodeSysctl", "Get-NodeSysctl net.bridge.*, net.sctp.nosuch -ErrorAction Ignore"],
        ["Get-NetfilterRule"] = ["Get-NetfilterRule", "Get-NetfilterRule -Table raw -ErrorAction Ignore"],
        ["Get-NetfilterChain"] = ["Get-NetfilterChain", "Get-NetfilterChain -Table security -ErrorAction Ignore"],
        ["Get-ConntrackEntry"] = ["Get-ConntrackEntry", "Get-ConntrackEntry -Protocol tcp -Source 10.244.0.2"],
        ["Test-ServiceHairpin"] = ["Test-ServiceHairpin", "Test-ServiceHairpin -Lab -Scenario SameBridge, OwnService"],
        ["Trace-NetfilterPacket"] = ["Trace-NetfilterPacket 10.244.0.2 10.244.0.3 80 -InInterface veth0 -ErrorAction Ignore", "Trace-NetfilterPacket -Destination 127.0.0.1 -DestinationPort 80"],
        ["Export-NodeSnapshot"] = ["Export-NodeSnapshot -Path /mnt/snapshot -Force", "Export-NodeSnapshot -Path /mnt/snapshot.tar.gz -IncludePods -Redact -Force"],
        ["Export-NodeMetric"] = ["Test-NodeBaseline | Export-NodeMetric", "Test-NodeBaseline | Export-NodeMetric -Path /mnt/node.prom"],
    };

    /// <summary>What else in the machine changes from one moment to the next. Everything of the network namespace stays in.</summary>
    [GeneratedRegex(@"^(fs\.(file-nr|inode-|dentry-state|mount-nr|aio-nr|epoll|quota)|kernel\.(random\.|ns_last_pid|pty\.|ostree|perf_|sched|sg-|tainted)|vm\.|dev\.|fs\.binfmt)")]
    private static partial Regex Volatile();

    [Fact]
    public void Every_cmdlet_that_only_reads_leaves_the_node_as_it_is()
    {
        foreach (string tool in new[] { "/usr/sbin/nft", "/usr/sbin/conntrack", "/usr/sbin/ipset", "/usr/sbin/iptables-legacy", "/usr/sbin/iptables-nft" })
        {
            Assert.SkipUnless(File.Exists(tool), $"{tool} is not installed");
        }

        PrivateProcess.Run(nameof(No_reading_cmdlet_changes_the_namespaces_that_it_runs_in), "--net");
    }

    /// <summary>The other half, in a process that has the namespaces to itself.</summary>
    [Fact(Explicit = true)]
    public void No_reading_cmdlet_changes_the_namespaces_that_it_runs_in()
    {
        PrivateProcess.Require();
        PrivateProcess.Bash("mount -t tmpfs none /mnt && cp -a /etc/. /mnt && mount --move /mnt /etc && mount -t tmpfs none /run && mkdir /run/netns && mount -t tmpfs none /mnt");
        using var runspace = Open();
        string[] reading = Reading(runspace);
        Assert.True(reading.Length >= 14, string.Join(' ', reading));

        // On a node where nothing is set up no table, chain or link may appear; on one in use nothing may go or change either.
        int empty = Compare(runspace, reading, allowErrors: true);
        PrivateProcess.Bash("""
            ip link set lo up
            echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode
            ip link add cni0 type bridge && ip addr add 10.244.0.1/16 dev cni0 && ip addr add fd00:10::1/64 dev cni0 nodad && ip link set cni0 up
            for i in 0 1; do ip netns add pod$i; ip link add veth$i type veth peer name eth0 netns pod$i; ip link set veth$i master cni0 up
              ip -n pod$i addr add 10.244.0.$((i + 2))/16 dev eth0; ip -n pod$i link set eth0 up; done
            ip neigh add 10.244.0.9 lladdr 0a:58:0a:f4:00:09 nud permanent dev cni0
            iptables-nft -t nat -A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE
            ip6tables-legacy -A FORWARD -m comment --comment kept -j ACCEPT
            ipset create pods hash:ip && ipset add pods 10.244.0.2
            nft add table inet mine && nft add chain inet mine input '{ type filter hook input priority 0; }' && nft add rule inet mine input counter
            conntrack -I -s 10.244.0.2 -d 10.96.0.10 -r 10.244.0.3 -q 10.244.0.2 -p tcp --sport 4000 --dport 80 --reply-port-src 8080 --reply-port-dst 4000 --state ESTABLISHED -u SEEN_REPLY,ASSURED -t 40000 2>/dev/null
            sleep 1
            """);
        int used = Compare(runspace, reading, allowErrors: false);
        Assert.Equal(empty, used);
    }

    private static int Compare(Runspace runspace, string[] reading, bool allowErrors)
    {
        // The engine's own first steps, such as asking for the terminal, are not looked at.
        using (var first = PowerShell.Create(runspace))
        {
            first.AddScript("Get-NodeBridgeNetfilter").Invoke();
        }

        var before = Node();
        int calls = 0;
        foreach (string call in reading.SelectMany(name => Calls.TryGetValue(name, out var given) ? given : [name]))
        {
            using var shell = PowerShell.Create(runspace);
            shell.AddScript(call).Invoke();
            Assert.True(allowErrors || shell.Streams.Error.Count == 0, $"{call}: {string.Join("; ", shell.Streams.Error)}");
            var after = Node();
            Assert.True(before.SetEquals(after), $"{call} changed the node:\n- {string.Join("\n- ", before.Except(after).Take(20))}\n+ {string.Join("\n+ ", after.Except(before).Take(20))}");
            calls++;
        }

        return calls;
    }

    /// <summary>All cmdlets but those that say by -WhatIf that they change something; of these, those that only write the file that they are told to.</summary>
    private static string[] Reading(Runspace runspace)
    {
        using var shell = PowerShell.Create(runspace);
        return [.. shell.AddScript("(Get-Module K8sNetfilter).ExportedCmdlets.Values | Where-Object { -not $_.Parameters.ContainsKey('WhatIf') -or $_.Verb -eq 'Export' } | ForEach-Object Name")
            .Invoke().Select(o => (string)o.BaseObject).Order(StringComparer.Ordinal)];
    }

    private static Runspace Open()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "K8sNetfilter.psd1")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        var state = InitialSessionState.CreateDefault2();
        state.ThrowOnRunspaceOpenError = true;
        state.ImportPSModule(Path.Combine(folder!, "K8sNetfilter.psd1"));
        var runspace = RunspaceFactory.CreateRunspace(state);
        runspace.Open();
        return runspace;
    }

    /// <summary>Everything that is compared, a fact a line with where it comes from.</summary>
    private static HashSet<string> Node()
    {
        var facts = new HashSet<string>(StringComparer.Ordinal);
        string part = "";
        foreach (string line in PrivateProcess.Bash("""
            echo '=== file'; find /etc /run /usr/lib/sysctl.d /usr/lib/modprobe.d /usr/lib/modules-load.d /usr/local/lib /lib/modules -xdev -printf '%p %y %m %U:%G %s %T@ %C@ %i %l\n' 2>/dev/null
            echo '=== module'; cat /proc/modules 2>/dev/null; ls /sys/module
            echo '=== xtables'; cat /proc/net/ip_tables_names /proc/net/ip6_tables_names /proc/net/arp_tables_names 2>/dev/null
            echo '=== matches'; cat /proc/net/ip_tables_matches /proc/net/ip_tables_targets /proc/net/netfilter/nf_log 2>/dev/null
            echo '=== nft'; nft -a list ruleset 2>/dev/null
            [ ! -s /proc/net/ip6_tables_names ] || { echo '=== ip6tables-legacy'; ip6tables-legacy-save -c 2>/dev/null; }
            echo '=== link'; ip -d -o link | sed 's/_timer *[0-9.]*//g'; echo '=== address'; ip -o addr; echo '=== netns'; ip netns; echo '=== fdb'; bridge fdb
            echo '=== route'; ip route show table all; ip -6 route show table all; ip rule; ip -6 rule; echo '=== neighbour'; ip -o neigh show nud permanent
            echo '=== connection'; conntrack -L -o id 2>/dev/null | sed 's/^\([a-z0-9]* *[0-9]* \)[0-9]* /\1/'; conntrack -L expect 2>/dev/null
            echo '=== set'; ipset save
            echo '=== mount'; cat /proc/self/mounts; echo '=== socket'; ss -Hxtuwan | grep -v dotnet-diagnostic | awk '{ print $1, $5, $6 }' | grep -v '@\|/\|\*'
            echo '=== sysctl'; sysctl -a 2>/dev/null
            """).Split('\n'))
        {
            if (line.StartsWith("=== ", StringComparison.Ordinal))
            {
                part = line[4..];
            }
            else if (part != "sysctl" || !Volatile().IsMatch(line))
            {
                // Twice the same line is two facts.
                for (int copy = 1; !facts.Add(copy == 1 ? $"{part}: {line}" : $"{part}: {line} ({copy})"); copy++)
                {
                }
            }
        }

        Assert.True(facts.Count(f => f.StartsWith("sysctl: net.", StringComparison.Ordinal)) > 100 && facts.Count(f => f.StartsWith("file: /etc/", StringComparison.Ordinal)) > 20);
        return facts;
    }
}
