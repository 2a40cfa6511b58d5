using System.Text;
using CsCheck;
using K8sNetfilter.Configuration;
using K8sNetfilter.Errors;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Tests.Sysctl;

public sealed class SysctlFileTests
{
    private const string Key = "net/ipv4/ip_forward";

    private static readonly Gen<byte[]> AnyFile = Gen.OneOf(
        Gen.Byte.Array[0, 120],
        Gen.OneOf(
            Gen.OneOf("net.ipv4.ip_forward = 0", "net/ipv4/ip_forward=1", "-net.ipv4.ip_forward = 1", "-net.ipv4.ip_forward", "- net.ipv4.ip_forward = 5", "# note", "", "kernel.panic = 1", "net.ipv4.* = 1", "bad", "net.ipv4.ip_forward =", "net.ipv4.ip_forward = 1\rx=2"))
            .Array[0, 8].SelectMany(lines => Gen.OneOf("\n", "\r\n", "\n\n").Select(end => Encoding.ASCII.GetBytes(string.Join(end, lines)))));

    private static string Set(string? content, string value, string key = Key) =>
        Encoding.UTF8.GetString(SysctlFile.Set(content is null ? null : Encoding.UTF8.GetBytes(content), key, value).Content);

    [Theory]
    [InlineData(null, "net.ipv4.ip_forward = 1\n")]
    [InlineData("", "net.ipv4.ip_forward = 1\n")]
    [InlineData("# mine", "# mine\nnet.ipv4.ip_forward = 1\n")]
    [InlineData("a.b = 1\r\n", "a.b = 1\r\nnet.ipv4.ip_forward = 1\r\n")]
    [InlineData("net.ipv4.ip_forward=0", "net.ipv4.ip_forward=1")]
    [InlineData("\t-net/ipv4/ip_forward\t =  0 \r\n#x\n", "\t-net/ipv4/ip_forward\t =  1 \r\n#x\n")]
    [InlineData("net.ipv4.ip_forward = 0\nnet.ipv4.ip_forward = 2\na.b = 3\n", "net.ipv4.ip_forward = 0\nnet.ipv4.ip_forward = 1\na.b = 3\n")]
    [InlineData("net.ipv4.ip_forward = 0\n-net.ipv4.ip_forward\n", "net.ipv4.ip_forward = 0\n-net.ipv4.ip_forward\nnet.ipv4.ip_forward = 1\n")]
    [InlineData("net.ipv4.* = 0\n", "net.ipv4.* = 0\nnet.ipv4.ip_forward = 1\n")]
    [InlineData("net.ipv4.ip_forward =\n", "net.ipv4.ip_forward =1\n")]
    [InlineData("net.ipv4.ip_forward = 0x1\n", "net.ipv4.ip_forward = 0x1\n")]
    public void One_line_changes_and_all_else_stays(string? before, string after) => Assert.Equal(after, Set(before, "1"));

    [Theory]
    [InlineData("1\nkernel.core_pattern = |/tmp/x")]
    [InlineData("1\rkernel.core_pattern = |/tmp/x")]
    [InlineData("1\0")]
    [InlineData("1\u001b[2J")]
    [InlineData("1\u0085x")]
    [InlineData("1\u2028x")]
    public void A_value_never_becomes_a_second_line(string value) =>
        Assert.Equal("SysctlValueInvalid", Assert.Throws<NodeException>(() => Set("", value)).ErrorId);

    [Fact]
    public void A_long_value_is_refused() =>
        Assert.Equal("SysctlValueInvalid", Assert.Throws<NodeException>(() => Set("", new string('1', 5000))).ErrorId);

    [Theory]
    [InlineData("net/ipv4/conf/a=b/tag")]
    [InlineData("net/ipv4/conf/a*/tag")]
    public void A_name_that_would_be_another_is_refused(string key) =>
        Assert.Equal("SysctlNotPersistable", Assert.Throws<NodeException>(() => Set("", "1", key)).ErrorId);

    [Fact]
    public void Whatever_the_file_the_key_reads_as_set_and_no_other_line_is_touched() =>
        Gen.Select(AnyFile, Gen.OneOf("1", "0", "1 2", "a = b")).Sample((bytes, value) =>
        {
            (byte[] content, int line) = SysctlFile.Set(bytes, Key, value);
            var file = new ConfigFile("", content);
            foreach (var text in new[] { SysctlGrammar.ReadAsSystemd(file), SysctlGrammar.ReadAsProcps(file) })
            {
                var last = text.Assignments.Last(a => a.Path == Key);
                Assert.True(KernelValue.Same(value, last.Value));
                Assert.Equal(line, last.Source.Line);
            }

            Assert.Same(content, SysctlFile.Set(content, Key, value).Content);
            string[] before = ByteText.Decode(bytes).Split('\n'), after = ByteText.Decode(content).Split('\n');
            for (int i = 0; i < before.Length; i++)
            {
                Assert.True(i == line - 1 || before[i] == after[i] || (i == before.Length - 1 && after[i] == before[i] + "\r"));
            }
        });

    [Fact]
    public void Removing_takes_out_the_lines_that_set_the_key_and_nothing_else()
    {
        (byte[] content, int[] lines) = SysctlFile.Remove("# a\nnet.ipv4.ip_forward = 1\r\n-net.ipv4.ip_forward\nnet/ipv4/ip_forward=2\nx.y = 1"u8.ToArray(), Key);
        Assert.Equal("# a\n-net.ipv4.ip_forward\nx.y = 1", Encoding.UTF8.GetString(content));
        Assert.Equal([2, 4], lines);
    }

    [Fact]
    public void After_removing_neither_tool_finds_the_key() =>
        AnyFile.Where(b => !b.AsSpan().ContainsAny((byte)'\r', (byte)0) && b.AsSpan().IndexOf("- net"u8) < 0).Sample(bytes =>
            Assert.DoesNotContain(SysctlGrammar.ReadAsSystemd(new ConfigFile("", SysctlFile.Remove(bytes, Key).Content)).Assignments, a => a.Path == Key && !a.IsExclusion));
}
