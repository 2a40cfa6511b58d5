using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Tests.Interop;

/// <summary>Structures and numbers of the kernel's interface, proven against the C headers by a compiler that refuses what differs.</summary>
public sealed class KernelHeaderTests
{
    private static readonly string[] Headers =
    [
        "sys/socket.h", "linux/version.h", "linux/netlink.h", "linux/rtnetlink.h", "linux/if.h", "linux/if_link.h", "linux/if_addr.h", "linux/if_bridge.h",
        "linux/neighbour.h", "linux/fib_rules.h", "linux/veth.h", "linux/net_namespace.h", "linux/netfilter.h", "linux/netfilter_ipv4.h",
        "linux/netfilter/nfnetlink.h", "linux/netfilter/nf_tables.h", "linux/netfilter/nf_tables_compat.h", "linux/netfilter/nf_nat.h", "linux/netfilter/ipset/ip_set.h", "linux/netfilter/nfnetlink_conntrack.h",
    ];

    // Compiles the assertions; skips where the machine cannot.
    private static string Compile(IEnumerable<string> assertions)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/gcc") && File.Exists("/usr/include/linux/rtnetlink.h"), "gcc and the kernel's headers are not installed");
        var source = new StringBuilder();
        foreach (string header in Headers)
        {
            source.Append(CultureInfo.InvariantCulture, $"#include <{header}>\n");
        }

        source.Append("#include <stddef.h>\n#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)\n#error HEADERS_TOO_OLD\n#endif\n");
        foreach (string assertion in assertions)
        {
            string check = $"_Static_assert({assertion}, \"{assertion}\");\n";
            source.Append(Newer.Contains(assertion.Split(' ')[0]) ? $"#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)\n{check}#endif\n" : check);
        }

        var start = new ProcessStartInfo("/usr/bin/gcc", ["-std=gnu11", "-fsyntax-only", "-x", "c", "-"]) { RedirectStandardInput = true, RedirectStandardError = true };
        using var gcc = Process.Start(start)!;
        gcc.StandardInput.Write(source);
        gcc.StandardInput.Close();
        string errors = gcc.StandardError.ReadToEnd();
        gcc.WaitForExit();
        Assert.SkipWhen(errors.Contains("HEADERS_TOO_OLD", StringComparison.Ordinal), "the kernel's headers are older than 6.1");
        return errors;
    }

    // Attributes that came with Linux 6.13 to 6.16: older headers don't have them.
    private static readonly string[] Newer =
    [
        nameof(RtNetlink.FRA_DSCP), nameof(RtNetlink.FRA_FLOWLABEL), nameof(RtNetlink.FRA_SPORT_MASK), nameof(RtNetlink.FRA_DPORT_MASK), nameof(RtNetlink.FRA_DSCP_MASK),
    ];

    private static IEnumerable<string> Numbers(Type type) =>
        type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(f => f.IsLiteral && f.Name.Contains('_', StringComparison.Ordinal) && f.Name != nameof(Ctnetlink.CTA_PROTOINFO_STATE))
            .Select(f => $"{f.Name} == {Convert.ToString(f.GetRawConstantValue(), CultureInfo.InvariantCulture)}");

    [Fact]
    public void Every_number_is_the_headers()
    {
        // Those of sockets are not all in the headers that may be included together; they are few and said here.
        var numbers = new[] { typeof(RtNetlink), typeof(NfTables), typeof(NfTableAttributes), typeof(IpSet), typeof(Ctnetlink) }.SelectMany(Numbers).ToList();
        Assert.True(numbers.Count > 350, $"only {numbers.Count} numbers were found");
        string[] others =
        [
            $"{NetlinkFlags.Request} == NLM_F_REQUEST", $"{NetlinkFlags.Multi} == NLM_F_MULTI", $"{NetlinkFlags.Ack} == NLM_F_ACK", $"{NetlinkFlags.DumpInterrupted} == NLM_F_DUMP_INTR",
            $"{NetlinkFlags.Dump} == NLM_F_DUMP", $"{NetlinkFlags.Replace} == NLM_F_REPLACE", $"{NetlinkFlags.Exclusive} == NLM_F_EXCL", $"{NetlinkFlags.Create} == NLM_F_CREATE",
            $"{NetlinkFlags.Append} == NLM_F_APPEND", $"{NetlinkFlags.Capped} == NLM_F_CAPPED", $"{NetlinkFlags.AckAttributes} == NLM_F_ACK_TLVS",
            $"{NetlinkMessageType.Noop} == NLMSG_NOOP", $"{NetlinkMessageType.Error} == NLMSG_ERROR", $"{NetlinkMessageType.Done} == NLMSG_DONE", $"{NetlinkMessageType.Overrun} == NLMSG_OVERRUN",
            $"{NetlinkMessageType.FirstOfFamily} == NLMSG_MIN_TYPE", $"{(int)NetlinkProtocol.Route} == NETLINK_ROUTE", $"{(int)NetlinkProtocol.Netfilter} == NETLINK_NETFILTER",
            // One name of ours for what three protocols have in the same place.
            $"{Ctnetlink.CTA_PROTOINFO_STATE} == CTA_PROTOINFO_TCP_STATE", $"{Ctnetlink.CTA_PROTOINFO_STATE} == CTA_PROTOINFO_SCTP_STATE", $"{Ctnetlink.CTA_PROTOINFO_STATE} == CTA_PROTOINFO_DCCP_STATE",
            "NLA_F_NESTED == 0x8000", "NLA_F_NET_BYTEORDER == 0x4000", "NLMSGERR_ATTR_MSG == 1", "NLMSGERR_ATTR_OFFS == 2", "NETLINK_ADD_MEMBERSHIP == 1", "NETLINK_CAP_ACK == 10",
            "NETLINK_EXT_ACK == 11", "NETLINK_GET_STRICT_CHK == 12", "AF_NETLINK == 16", "SOCK_CLOEXEC == 0x80000", "SO_RCVBUF == 8", "SO_RCVBUFFORCE == 33", "SOL_SOCKET == 1", "SOL_NETLINK == 270",
            "MSG_TRUNC == 0x20", "MSG_DONTWAIT == 0x40",
        ];
        Assert.Equal("", Compile([.. numbers, .. others]));
    }

    [Fact]
    public void Every_structure_is_the_headers()
    {
        var structures = typeof(KernelStructAttribute).Assembly.GetTypes()
            .Select(t => (Type: t, Mark: t.GetCustomAttribute<KernelStructAttribute>())).Where(t => t.Mark is not null).ToList();
        Assert.True(structures.Count >= 10);
        Assert.All(structures, s => Assert.Contains(s.Mark!.Header, Headers));
        Assert.Equal("", Compile(structures.SelectMany(s => s.Type.GetFields(BindingFlags.Instance | BindingFlags.Public)
            .Select(f => $"offsetof({s.Mark!.Name}, {f.Name}) == {Marshal.OffsetOf(s.Type, f.Name)} && sizeof((({s.Mark.Name} *)0)->{f.Name}) == {Marshal.SizeOf(f.FieldType)}")
            .Append($"sizeof({s.Mark!.Name}) == {Marshal.SizeOf(s.Type)}"))
            .Concat([$"sizeof(struct sockaddr_nl) == {Marshal.SizeOf<NetlinkSocket.SocketAddress>()}", $"sizeof(struct nlmsghdr) == {NetlinkMessage.HeaderSize}", $"sizeof(struct nlattr) == {NetlinkAttribute.HeaderSize}"])));
    }

    [Fact]
    public void A_number_that_differs_is_noticed() => Assert.Contains("static assertion failed", Compile(["RTM_NEWLINK == 17"]), StringComparison.Ordinal);
}
