using System.Formats.Tar;
using System.IO.Compression;
using K8sNetfilter.Completion;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Completion;

/// <summary>Tab on a command line that names a snapshot, a dump or a root: what that has is offered, and never what this machine has.</summary>
public sealed class NamedNodeTests : CommandTests
{
    private static readonly string Snapshot = Path.Combine(ModuleEngine.RepositoryRoot(), "tests/Module.Tests/Snapshots/Node");

    /// <summary>Every kind of name that is completed from a snapshot, as a command line that lacks it.</summary>
    public static TheoryData<string, string> Lines => new()
    {
        { "Get-NodeService -Snapshot @ -Name ", "'default/web:http'" },
        { "Get-NodeService -Snapshot @ ", "'default/web:http'" },
        { "Test-ServiceHairpin -Snapshot @ -Name def", "'default/web:http'" },
        { "Test-ServiceHairpin -Snapshot @ -Namespace ", "default" },
        { "Get-NodeBridgePort -Snapshot @ -Bridge ", "cni0" },
        { "Get-NodeBridgePort -Snapshot @ ", "veth1 veth2" },
        { "Trace-NetfilterPacket -Snapshot @ -InInterface ", "cni0 lo veth1 veth2" },
        { "Trace-NetfilterPacket -Snapshot @ -OutInterface v", "veth1 veth2" },
        { "Get-NetfilterRule -Snapshot @ -Chain KUBE-S", "KUBE-SEP-AAAAAAAAAAAAAAAA KUBE-SERVICES KUBE-SVC-AAAAAAAAAAAAAAAA" },
        { "Get-NetfilterChain -Snapshot @ -Table filter -Chain ", "FORWARD INPUT OUTPUT" },
        { "Test-NetfilterChain -Snapshot @ -Table ", "filter nat" },
        { "Get-NodeSysctl -Snapshot @ -Name net.ipv4.conf.c", "net.ipv4.conf.cni0.forwarding net.ipv4.conf.cni0.rp_filter" },
        { "Get-KernelModule -Snapshot @ ", "br_netfilter bridge nf_conntrack overlay" },
        { "Trace-NetfilterPacket -Snapshot @ -Source ", "10.244.0.1 10.244.0.11 10.244.0.12 'fd00:244::1'" },
        { "Trace-NetfilterPacket -Snapshot @ -Destination 10.", "10.244.0.1 10.244.0.11 10.244.0.12 10.96.0.10" },
        { "Trace-NetfilterPacket -Snapshot @ -Destination 10.96.0.10 -DestinationPort ", "80" },
        { "Trace-NetfilterPacket -Snapshot @ -Service ", "'default/web:http'" },
        { "Trace-NetfilterPacket -Snapshot @ -Service default/web -DestinationPort ", "80" },
        { "Test-ServiceHairpin -Snapshot @ -ServiceIP ", "10.96.0.10" },
        { "Test-ServiceHairpin -Snapshot @ -Name web -Port ", "80" },
        { "Get-ConntrackEntry -Snapshot @ -Source 10.244.0.11 -Destination 10.96", "10.96.0.10" },
        { "Get-ConntrackEntry -Snapshot @ -ReplySource 10.244.0.12", "10.244.0.12" },
        { "Get-ConntrackEntry -Snapshot @ -DestinationPort ", "80" },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void Names_are_completed_from_a_named_snapshot(string line, string expected)
    {
        Assert.Equal(expected, OfferedInTheEnd(line, Snapshot));
        Assert.Equal(expected, OfferedInTheEnd(line, Archive(Snapshot)));
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_broken_one_offers_nothing_and_says_nothing(string line, string _)
    {
        Node.File("/garbage/iptables-save.txt", "*n\u001b[2Jat\n:\u001b[2J - [0:0]\n-A \nCOMM").File("/garbage/ip-link.json", "[{\"ifname\":[[[[[")
            .File("/garbage/sysctl.txt", "\0\0\0=").File("/garbage/proc/modules", "\u0001 x").File("/wrong.tar.gz", "this is no archive")
            .File("/empty.tar", "").Folder("/nothing").Link("/loop", "loop").File("/cut.tar.gz", "");
        byte[] whole = File.ReadAllBytes(Archive(Snapshot));
        File.WriteAllBytes(Node.At("/cut.tar.gz"), whole[..(whole.Length / 2)]);
        foreach (string broken in (string[])["/garbage", "/wrong.tar.gz", "/empty.tar", "/nothing", "/loop", "/cut.tar.gz", "/is/not/there"])
        {
            Assert.Equal("", Offered(line, Node.At(broken)));
        }

        Assert.Equal("", Offered(line, "/dev/zero"));
        Assert.Equal("", Offered(line, "/proc/self/mem"));
    }

    [Fact]
    public void Two_nodes_at_once_offer_nothing()
    {
        Assert.Equal("", Offered("Get-NodeSysctl -Snapshot @ -Root / -Name kernel.os", Snapshot));
        Assert.Equal("", Offered("Get-NodeBridgePort -Snapshot @ -NetNamespace ", Snapshot));
        Assert.Equal("", Offered("Get-NodeBridgePort -NetNamespace 1 -Snapshot @ -Bridge ", Snapshot));
    }

    [Fact]
    public void A_path_is_relative_to_where_PowerShell_is()
    {
        Engine.Run("$ExecutionContext.SessionState.Path.SetLocation($s)", ("s", Path.GetDirectoryName(Snapshot)));
        Assert.Equal("cni0", OfferedInTheEnd("Get-NodeBridgePort -Snapshot @ -Bridge ", "./Node"));
        Assert.Equal("KUBE-MARK-MASQ", OfferedInTheEnd("Get-NetfilterRule -Path @ -Chain KUBE-M", "Node/iptables-*.txt"));
    }

    [Fact]
    public void Names_are_completed_from_a_named_dump()
    {
        string dump = Path.Combine(Snapshot, "iptables-legacy-save.txt");
        Assert.Equal("'default/web:http'", OfferedInTheEnd("Get-NodeService -Path @ -Name ", dump));
        Assert.Equal("filter nat", OfferedInTheEnd("Get-NetfilterRule -Path @ -Table ", dump));
        Assert.Equal("", Offered("Get-NetfilterRule -Path @ -Table ma", dump));
        Assert.Equal("FORWARD INPUT OUTPUT", OfferedInTheEnd("Test-NetfilterChain -Path @ -Table filter -Chain ", dump));
        Assert.Equal("", Offered("Trace-NetfilterPacket -Path @ -InInterface ", dump));
        Assert.Equal("10.244.0.12 10.96.0.10", OfferedInTheEnd("Trace-NetfilterPacket -Path @ -Destination ", dump));
        string sets = Node.File("/sets", "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set --match-set blocked src -j DROP\n-A INPUT -m set ! --match-set known src -j DROP\nCOMMIT\n").At("/sets");
        Assert.Equal("blocked known", OfferedInTheEnd("Trace-NetfilterPacket -Path @ -MatchSet ", sets));
        Assert.Equal("'!known'", OfferedInTheEnd("Trace-NetfilterPacket -Path @ -MatchSet '!k", sets));
        foreach (string other in (string[])["/dev/zero", "/is/not/there", "/", "/proc/self/mem"])
        {
            Assert.Equal("", Offered("Get-NodeService -Path @ -Name ", other));
            Assert.Equal("", Offered("Get-NetfilterRule -Path @ -Chain ", other));
        }
    }

    /// <summary>What names a file of parameters is no node: the names are this machine's.</summary>
    [Fact]
    public void The_file_that_a_parameter_goes_to_is_no_dump() =>
        Assert.Equal("kernel.ostype", OfferedInTheEnd("Set-NodeSysctl -Path @ -Name kernel.ost", "k8s.conf"));

    [Theory]
    [InlineData("net.ipv4.conf.all.rp_filter", "0 1 2")]
    [InlineData("net.ipv4.ip_forward", "0 1")]
    [InlineData("net/ipv4/ip_forward", "0 1")]
    public void A_kernel_parameter_has_its_values(string name, string expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the kernel is Linux's");
        Assert.Equal(expected, OfferedInTheEnd($"Set-NodeSysctl -Name {name} -Value ", ""));
        Assert.Equal(expected, OfferedInTheEnd($"Set-NodeSysctl {name} ", ""));
        Assert.Equal(expected, OfferedInTheEnd($"Set-NodeSysctl -Persist {name} -Value ", ""));
        Assert.Equal("1", OfferedInTheEnd($"Set-NodeSysctl {name} 1", ""));
    }

    /// <summary>Of a node that is named elsewhere no network namespace of this machine is offered.</summary>
    [Fact]
    public void Pods_are_named_by_their_addresses()
    {
        var bound = new Dictionary<string, object> { ["Snapshot"] = Snapshot };
        var found = new PodCompleter().CompleteArgument("Test-ServiceHairpin", "SourcePod", "", null!, bound);
        Assert.Equal(["10.244.0.11", "10.244.0.12"], found.Select(f => f.CompletionText));
    }

    [Fact]
    public void A_name_that_PowerShell_would_run_is_quoted_and_one_that_a_terminal_would_is_left_out()
    {
        Node.File("/rules", "*nat\n:PREROUTING ACCEPT [0:0]\n:a;$(reboot)'x - [0:0]\n:a\u001b[2J - [0:0]\n:a\u202eb - [0:0]\nCOMMIT\n");
        Assert.Equal("'a;$(reboot)''x'", OfferedInTheEnd("Get-NetfilterRule -Path @ -Chain a", Node.At("/rules")));
    }

    /// <summary>A pipe that nobody writes to would keep whoever opens it for ever.</summary>
    [Fact]
    public void A_fifo_does_not_hang_the_prompt()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mkfifo is Linux's");
        using (var made = System.Diagnostics.Process.Start("mkfifo", [Node.At("/pipe")]))
        {
            made.WaitForExit();
        }

        using (var made = System.Diagnostics.Process.Start("mkfifo", [Node.Folder("/snapshot").At("/snapshot/iptables-save.txt")]))
        {
            made.WaitForExit();
        }

        Assert.Equal("", Offered("Get-NetfilterRule -Path @ -Chain ", Node.At("/pipe")));
        Assert.Equal("", Offered("Get-NodeService -Path @ -Name ", Node.At("/pipe")));
        Assert.Equal("", Offered("Get-NetfilterRule -Snapshot @ -Chain ", Node.At("/snapshot")));
        Assert.Equal("", Offered("Get-NetfilterRule -Snapshot @ -Chain ", Node.At("/pipe")));
    }

    private string Offered(string line, string named) => string.Join(' ', Complete(line.Replace("@", $"'{named}'", StringComparison.Ordinal)));

    // On a machine that is busy a first Tab can be over before anything is read. Whoever sees nothing presses it again.
    private string OfferedInTheEnd(string line, string named)
    {
        string offered = "";
        for (int i = 0; i < 20 && offered.Length == 0; i++)
        {
            offered = Offered(line, named);
        }

        return offered;
    }

    private string Archive(string folder)
    {
        string path = Node.At("/snapshot.tar.gz");
        if (!File.Exists(path))
        {
            using var packed = new GZipStream(File.Create(path), CompressionLevel.Fastest);
            TarFile.CreateFromDirectory(folder, packed, includeBaseDirectory: true);
        }

        return path;
    }
}
