using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using K8sNetfilter.Commands;

namespace K8sNetfilter.Tests;

/// <summary>-WhatIf opens nothing for writing and sends the kernel no change, whatever the cmdlet: strace(1) watches all that k8snf and its children do.</summary>
public sealed partial class WhatIfTests
{
    /// <summary>What changes something if it is run without -WhatIf, for each cmdlet that has it.</summary>
    private static readonly Dictionary<string, string[]> Lines = new(StringComparer.Ordinal)
    {
        ["Disable-KernelModule"] = ["Disable-KernelModule br_netfilter -Persist -Root $env:WORK/node", "Disable-KernelModule veth -Persist"],
        ["Enable-KernelModule"] = ["Enable-KernelModule overlay -Persist -Root $env:WORK/node", "Enable-KernelModule overlay, br_netfilter -Persist"],
        ["Export-NodeMetric"] = ["Test-NodeBaseline $env:WORK/base.json | Export-NodeMetric -Path $env:WORK/out.prom"],
        ["Export-NodeSnapshot"] = ["Export-NodeSnapshot $env:WORK/out.tar.gz -IncludePods", "Export-NodeSnapshot $env:WORK/out -Redact"],
        ["Remove-ConntrackEntry"] = ["Get-ConntrackEntry | Remove-ConntrackEntry"],
        ["Remove-NodeSysctl"] = ["Remove-NodeSysctl net.ipv4.ip_forward", "Remove-NodeSysctl net.* -Path x.conf"],
        ["Set-NodeBaseline"] = ["Set-NodeBaseline $env:WORK/next.json", "Set-NodeBaseline Kubernetes", "Set-NodeBaseline Kubernetes -Root $env:WORK/node"],
        ["Set-NodeSysctl"] = ["Set-NodeSysctl net.ipv4.ip_forward 0 -Persist", "Set-NodeSysctl net.ipv4.ip_forward 1", "Set-NodeSysctl net.ipv4.ip_forward 1 -Persist -Root $env:WORK/node"],
        ["Sync-NodeSysctl"] = ["Sync-NodeSysctl -Order Procps", "Sync-NodeSysctl -Order Systemd"],
        ["Undo-NodeBaseline"] = ["Undo-NodeBaseline", "Undo-NodeBaseline -Force"],
    };

    // A node of its own: namespaces, configuration, an undo that is due and a connection that can be removed.
    private const string Prepare = """
        for folder in /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d /etc/modules-load.d /etc/modprobe.d /var/lib; do [ -d $folder ] && mount -t tmpfs none $folder; done
        ip link set lo up
        mkdir -p $WORK/node/etc/modules-load.d $WORK/node/lib/modules/6.1.0/kernel
        echo br_netfilter >$WORK/node/etc/modules-load.d/k8s.conf
        touch $WORK/node/lib/modules/6.1.0/kernel/overlay.ko; echo kernel/overlay.ko: >$WORK/node/lib/modules/6.1.0/modules.dep
        baseline() { echo '{"name":"'$1'","description":"A test.","sysctls":[{"name":"net.ipv4.ip_forward","value":'$2'}]}'; }
        baseline Base 1 >$WORK/base.json; baseline Next 0 >$WORK/next.json
        $K8SNF "Set-NodeBaseline $WORK/base.json -Confirm:\$false" >$WORK/prepared 2>&1
        { echo net.ipv4.ip_forward = 1; echo net.ipv4.conf.all.rp_filter = 2; echo net.ipv4.conf.lo.log_martians = $(cat /proc/sys/net/ipv4/conf/lo/log_martians); } >/etc/sysctl.d/x.conf
        conntrack -I -p tcp -s 10.9.9.1 -d 10.9.9.2 --sport 1111 --dport 80 --state ESTABLISHED -t 1000 -u SEEN_REPLY >>$WORK/prepared 2>&1
        """;

    // Whatever changes a file system, the kernel's modules or its network. What fails is a change that was tried.
    private const string Calls =
        "open,openat,openat2,creat,truncate,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,mknod,mknodat,link,linkat,symlink,symlinkat,"
        + "chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,setxattr,lsetxattr,fsetxattr,removexattr,mount,umount2,sethostname,"
        + "init_module,finit_module,delete_module,sendto,sendmsg,sendmmsg,setsockopt,bpf";

    private static readonly string[] Changing = [.. typeof(NodeCommand).Assembly.GetExportedTypes().Select(t => t.GetCustomAttribute<CmdletAttribute>())
        .Where(c => c is { SupportsShouldProcess: true }).Select(c => $"{c!.VerbName}-{c.NounName}").Order(StringComparer.Ordinal)];

    [Fact]
    public void Every_cmdlet_that_changes_something_is_held() => Assert.Equal(Changing, Lines.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [InlineData(" -WhatIf", "$false")]
    [InlineData("", "$true")]
    public void Nothing_is_opened_for_writing_and_nothing_is_changed(string parameter, string preference)
    {
        string script = $"$WhatIfPreference = {preference}\n"
            + string.Concat(Lines.SelectMany(l => l.Value).Select(l => $"'LINE {l.Replace("'", "''", StringComparison.Ordinal)}'\n{l}{parameter}\n"));
        var (output, calls) = Watch(script, "$K8SNF -File $WORK/script.ps1");
        foreach (var (name, lines) in Lines)
        {
            // Or the test would hold nothing: what is first of each would do something.
            string said = output.Split("LINE ").First(s => s.StartsWith(lines[0], StringComparison.Ordinal));
            Assert.True(said.Contains("What if: ", StringComparison.Ordinal), $"{name} had nothing to do: {said}");
        }

        Assert.Equal([], calls.Where(IsChange));
    }

    /// <summary>The same of the resources for Desired State Configuration.</summary>
    [Theory]
    [InlineData("Sysctl", """{"name":"net.ipv4.ip_forward","value":0}""")]
    [InlineData("KernelModule", """{"name":"overlay","persist":true,"root":"$WORK/node"}""")]
    [InlineData("NodeBaseline", """{"name":"$WORK/next.json"}""")]
    public void A_resource_with_what_if_changes_nothing(string resource, string instance)
    {
        var (output, calls) = Watch(instance, $"$K8SNF dsc set {resource} --what-if <$WORK/script.ps1");
        Assert.Contains("\"whatIf\":[\"", output, StringComparison.Ordinal);
        Assert.Equal([], calls.Where(IsChange));
    }

    // Runs a command on a node of its own, and gives what it said and which calls it made.
    private static (string Output, string[] Calls) Watch(string script, string command)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "namespaces need root");
        Assert.SkipUnless(K8snf.Bash("command -v strace conntrack").ExitCode == 0, "strace and conntrack are not installed");
        string work = Directory.CreateTempSubdirectory("k8snf-whatif-").FullName;
        try
        {
            File.WriteAllText(work + "/script.ps1", script.Replace("$WORK/", work + "/", StringComparison.Ordinal));
            File.WriteAllText(work + "/prepare", Prepare);
            File.WriteAllText(work + "/run", $"""
                . $WORK/prepare
                DOTNET_EnableDiagnostics=0 strace -f -qq -s 4096 -o $WORK/calls -e trace={Calls} {command} 2>&1
                """);
            var run = K8snf.Bash($"export WORK={work}; unshare --net --mount --pid --fork --mount-proc bash {work}/run");
            string[] calls = File.ReadAllLines(work + "/calls");
            Assert.True(calls.Length > 100, run.Output + File.ReadAllText(work + "/prepared"));
            return (run.Output, calls);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    // The engine makes a folder for its cache where k8snf tells it to: below /dev/pts, where nobody can. The runtime's pipes for debuggers go.
    private static bool IsChange(string line)
    {
        var call = Call().Match(line);
        string name = call.Groups["name"].Value, arguments = call.Groups["arguments"].Value;
        return name switch
        {
            "" => false,
            "open" or "openat" or "openat2" => Writing().IsMatch(arguments) && !IsOwn(arguments),
            "sendto" or "sendmsg" or "sendmmsg" => NetlinkType().Matches(arguments).Any(m => !m.Value.Contains("_GET", StringComparison.Ordinal)),
            "setsockopt" => arguments.Contains("SET_REPLACE", StringComparison.Ordinal) || arguments.Contains("IP_VS_SO_SET", StringComparison.Ordinal),
            "bpf" => !arguments.StartsWith("BPF_PROG_GET", StringComparison.Ordinal),
            "unlink" => !Debugging().IsMatch(arguments),
            "mkdir" => !arguments.StartsWith("\"/dev/pts/", StringComparison.Ordinal),
            _ => true,
        };
    }

    // What a program that changes nothing opens for writing: where output is thrown away, its own terminal, and the names of its threads.
    private static bool IsOwn(string arguments) => OwnFile().IsMatch(arguments);

    [GeneratedRegex(@"^\d+ +(?<name>[a-z0-9_]+)\((?<arguments>.*)$")]
    private static partial Regex Call();

    [GeneratedRegex(@"""(/dev/null|/dev/tty|/proc/self/task/\d+/comm)""")]
    private static partial Regex OwnFile();

    [GeneratedRegex(@"""/tmp/(dotnet-diagnostic|clr-debug-pipe)-\d+-")]
    private static partial Regex Debugging();

    [GeneratedRegex("O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE")]
    private static partial Regex Writing();

    [GeneratedRegex("nlmsg_type=[^,}]+")]
    private static partial Regex NetlinkType();
}
