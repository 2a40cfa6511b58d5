using System.Buffers.Binary;
using System.Text.RegularExpressions;
using CsCheck;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Errors;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Tests.Conntrack;

public sealed partial class ConntrackDecoderTests
{
    [GeneratedRegex(" (use|delta-time)=[0-9]+")]
    private static partial Regex NotKept();

    [Fact]
    public void The_captured_kinds_are_all_there() => Assert.Equal(11, CapturedEntries.All.Count);

    [Fact]
    public void An_entry_prints_as_the_tool_prints_it()
    {
        foreach (var (line, message) in CapturedEntries.All)
        {
            Assert.True(ConntrackDecoder.TryDecode(new NetlinkMessage(message), out var record));
            string expected = NotKept().Replace(line, "");
            string actual = ConntrackText.Format(new ConntrackEntry(record), ConntrackTextParts.Extended | ConntrackTextParts.Id | ConntrackTextParts.Timestamp);
            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    public void The_tools_line_read_is_the_entry_decoded()
    {
        foreach (var (line, message) in CapturedEntries.All)
        {
            Assert.True(ConntrackDecoder.TryDecode(new NetlinkMessage(message), out var record));
            Assert.True(ConntrackText.TryParse(line, out var read, out string? problem), problem);
            EntryAssert.Same(new ConntrackEntry(record), new ConntrackEntry(read));
        }
    }

    [Fact]
    public void A_message_cut_anywhere_is_refused_or_is_no_entry_or_has_less()
    {
        foreach (var (_, message) in CapturedEntries.All)
        {
            for (int length = NetlinkMessage.HeaderSize; length < message.Length; length++)
            {
                try
                {
                    _ = ConntrackDecoder.TryDecode(new NetlinkMessage(message.AsSpan(0, length)), out _);
                }
                catch (NodeException failure)
                {
                    Assert.Equal("NetlinkMalformed", failure.ErrorId);
                }
            }
        }
    }

    [Fact]
    public void Bytes_changed_anywhere_break_nothing() => Gen.Select(
        Gen.Int[0, CapturedEntries.All.Count - 1], Gen.Select(Gen.Int[0, 400], Gen.Byte).Array[1, 8]).Sample((which, changes) =>
        {
            byte[] message = [.. CapturedEntries.All[which].Message];
            foreach (var (place, value) in changes)
            {
                message[NetlinkMessage.HeaderSize + place % (message.Length - NetlinkMessage.HeaderSize)] = value;
            }

            try
            {
                if (ConntrackDecoder.TryDecode(new NetlinkMessage(message), out var record))
                {
                    _ = new ConntrackEntry(record).ToString();
                }
            }
            catch (NodeException failure)
            {
                Assert.Equal("NetlinkMalformed", failure.ErrorId);
            }
        });

    [Fact]
    public void Attributes_that_a_newer_kernel_adds_are_passed_over()
    {
        byte[] captured = CapturedEntries.All[0].Message;
        byte[] message = [.. captured, 8, 0, 200, 0, 1, 2, 3, 4, 4, 0, 0x2c, 0x81];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        Assert.True(ConntrackDecoder.TryDecode(new NetlinkMessage(message), out var record));
        Assert.True(ConntrackDecoder.TryDecode(new NetlinkMessage(captured), out var plain));
        EntryAssert.Same(new ConntrackEntry(plain), new ConntrackEntry(record));
    }

    [Fact]
    public void Labels_and_a_helper_are_read()
    {
        byte[] message =
        [
            .. CapturedEntries.All[0].Message,
            // CTA_LABELS with the bits 1, 7 and 127; CTA_HELP { CTA_HELP_NAME "ftp" }
            20, 0, 22, 0, 0x82, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80,
            12, 0, 5, 0x80, 8, 0, 1, 0, (byte)'f', (byte)'t', (byte)'p', 0,
        ];
        Assert.True(ConntrackDecoder.TryDecode(new NetlinkMessage(message), out var record));
        var entry = new ConntrackEntry(record, ConntrackLabels.Parse("# names\n7\tseven\n1 one\n300 no\nx y\n"));
        Assert.Equal(["one", "seven", "127"], entry.Labels);
        Assert.Equal("ftp", entry.Helper);
    }

    [Fact]
    public void A_processors_counters_are_read()
    {
        // nfgenmsg { family 0, version 0, res_id 3 }; found 4, insert_failed 5; what this kernel leaves out stays unknown.
        byte[] payload = [0, 0, 0, 3, 8, 0, 2, 0, 0, 0, 0, 4, 8, 0, 9, 0, 0, 0, 0, 5, 8, 0, 99, 0, 0, 0, 0, 1];
        byte[] request = new byte[16];
        var statistic = ConntrackDecoder.DecodeCpuStatistic(
            new NetlinkMessage(K8sNetfilter.Tests.Netlink.ScriptedTransport.Message(request, Ctnetlink.GetCpuStatistic, NetlinkFlags.Multi, payload)))!;
        Assert.Equal((3, 4ul, 5ul), (statistic.Cpu, statistic.Found, statistic.InsertFailed));
        Assert.Null(statistic.ChainTooLong);
    }
}
