using System.Reflection;
using System.Text;
using CsCheck;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Tests.Netlink.ScriptedTransport;

namespace K8sNetfilter.Tests.Netlink;

public sealed class NetlinkTraceTests
{
    private static readonly NetlinkOperation Reading = new("Reading the links", "here");

    private readonly StringWriter _lines = new();

    private string[] Lines => _lines.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private NetlinkConnection Connect(Func<byte[], IEnumerable<Reply>> kernel, NetlinkProtocol protocol = NetlinkProtocol.Route) =>
        new(() => new TracedTransport(new ScriptedTransport(kernel), protocol, _lines), new NetlinkOptions { Timeout = TimeSpan.FromMilliseconds(200), Retries = 0 });

    private static byte[] Links()
    {
        using var writer = new NetlinkWriter(stackalloc byte[64]);
        writer.BeginMessage(RtNetlink.RTM_GETLINK, NetlinkFlags.Dump);
        writer.Header(default(IfInfoMessage));
        writer.Put(RtNetlink.IFLA_EXT_MASK, 9u);
        writer.EndMessage();
        return writer.Written.ToArray();
    }

    private static byte[] Attribute(ushort type, params byte[] value) =>
        [.. BitConverter.GetBytes((ushort)(4 + value.Length)), .. BitConverter.GetBytes(type), .. value, .. new byte[NetlinkAttributes.Align(value.Length) - value.Length]];

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("netlink", true)]
    [InlineData("other, NETLINK", true)]
    [InlineData("netlinks", false)]
    public void The_switch_is_a_word_of_the_environment_variable(string? value, bool expected) => Assert.Equal(expected, NetlinkTrace.IsOn(value));

    [Fact]
    public void A_dump_is_a_line_for_each_message()
    {
        using var connection = Connect(r =>
            [Message(r, RtNetlink.RTM_NEWLINK, NetlinkFlags.Multi, [.. new byte[16], .. Attribute(RtNetlink.IFLA_MTU, 0xdc, 5, 0, 0), .. Attribute(900, 1)]), Done(r)]);
        connection.Collect<object>(Links(), _ => new object(), Reading);
        Assert.Equal(
            [
                "netlink > Route RTM_GETLINK flags 0x301|REQUEST|DUMP seq 1 port 4711 length 40 header 00000000000000000000000000000000 IFLA_EXT_MASK=09000000",
                "netlink < Route RTM_NEWLINK flags 0x2|MULTI seq 1 port 4711 length 48 header 00000000000000000000000000000000 IFLA_MTU=dc050000 900=01",
                "netlink < Route NLMSG_DONE flags 0x2|MULTI seq 1 port 4711 length 20 error 0",
            ],
            Lines);
    }

    [Fact]
    public void A_refusal_has_its_error_and_the_kernels_words_escaped()
    {
        using var connection = Connect(r => [Error(r, Errno.EPERM, Attribute(1, [.. Encoding.UTF8.GetBytes("no\x1b[31m\n"), 0]))]);
        Assert.Throws<NetlinkException>(() => connection.Execute(Links(), Reading));
        Assert.Equal(2, Lines.Length);
        Assert.Contains("NLMSG_ERROR", Lines[1], StringComparison.Ordinal);
        Assert.EndsWith($"error -1 {Errno.Describe(Errno.EPERM)} NLMSGERR_ATTR_MSG=\"no\\x1b[31m\\x0a\"", Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_of_the_socket_is_a_line_and_an_empty_socket_is_not()
    {
        using var connection = Connect(_ => [Reply.Error(Errno.EAGAIN), Reply.Error(Errno.ENOBUFS)]);
        Assert.Throws<NodeException>(() => connection.Execute(Links(), Reading));
        Assert.Equal($"netlink ! Route receive failed: error 105 {Errno.Describe(Errno.ENOBUFS)}", Assert.Single(Lines[1..]));
    }

    [Fact]
    public void A_line_has_a_bounded_length_whatever_the_kernel_sends()
    {
        byte[] many = [.. Enumerable.Range(0, 200).SelectMany(i => Attribute((ushort)i, new byte[200]))];
        using var connection = Connect(r => [Message(r, RtNetlink.RTM_NEWLINK, 0, [.. new byte[16], .. many]), Ack(r)]);
        connection.Execute(Links(), Reading);
        Assert.All(Lines, line => Assert.InRange(line.Length, 1, NetlinkLine.MaximumLength));
        Assert.Contains("...(200 bytes)", Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_messages_are_shown_and_do_not_throw()
    {
        Check.Sample(
            Gen.Select(Gen.Byte.Array[0, 120], Gen.Bool, Gen.Int[0, 2].Select(i => Enum.GetValues<NetlinkProtocol>()[i])),
            (bytes, fits, protocol) =>
            {
                if (fits && bytes.Length >= 16)
                {
                    BitConverter.TryWriteBytes(bytes, bytes.Length);
                }

                using var lines = new StringWriter();
                using var traced = new TracedTransport(new ScriptedTransport(_ => [bytes]), protocol, lines);
                traced.Send(bytes);
                Assert.Equal(bytes.Length, traced.Receive(new byte[200]));
                Assert.DoesNotContain(lines.ToString().Select(c => c), c => c != '\n' && (c < ' ' || c > '~'));
            });
    }

    [Fact]
    public void The_names_are_the_kernels()
    {
        var numbers = new[] { typeof(RtNetlink), typeof(NfTables), typeof(Ctnetlink) }
            .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(f => f.IsLiteral && f.FieldType == typeof(int)).ToDictionary(f => f.Name, f => (int)f.GetRawConstantValue()!);
        int compared = 0;
        foreach (var field in typeof(NetlinkNames).GetFields(BindingFlags.Static | BindingFlags.NonPublic).Where(f => f.FieldType == typeof(string[])))
        {
            foreach (var (number, name) in ((string[])field.GetValue(null)!).Index())
            {
                if (numbers.TryGetValue(name, out int expected))
                {
                    Assert.True(expected == number, $"{name} is {expected}, not {number}");
                    compared++;
                }
            }
        }

        Assert.True(compared > 80, $"{compared} names compared");
        foreach (string type in (string[])["RTM_GETLINK", "RTM_NEWADDR", "RTM_GETROUTE", "RTM_DELNEIGH", "RTM_NEWRULE", "RTM_GETNSID"])
        {
            Assert.Equal(type, NetlinkNames.Type(NetlinkProtocol.Route, (ushort)numbers[type]));
        }

        Assert.Equal("NFT_MSG_GETGEN", NetlinkNames.Type(NetlinkProtocol.Netfilter, (NfTables.NFNL_SUBSYS_NFTABLES << 8) | NfTables.NFT_MSG_GETGEN));
        Assert.Equal("IPCTNL_MSG_CT_GET", NetlinkNames.Type(NetlinkProtocol.Netfilter, Ctnetlink.Get));
    }
}
