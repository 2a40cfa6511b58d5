using System.Text;
using CsCheck;
using K8sNetfilter.Configuration;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Tests.Sysctl;

public sealed class SysctlGrammarTests
{
    private static ConfigFile File(string text) => new("f", Encoding.UTF8.GetBytes(text));

    private static string Show(SysctlText text) => string.Join('|', text.Assignments.Select(a =>
        $"{a.Source.Line}:{(a.IsExclusion ? "!" : "")}{(a.IgnoresFailure ? "-" : "")}{(a.IsPattern ? "*" : "")}{a.Path}{(a.IsExclusion ? "" : "=" + a.Value)}")
        .Concat(text.Malformed.Select(m => $"{m.Line}?")));

    [Theory]
    [InlineData("a.b = 1\nc/d=2", "1:a/b=1|2:c/d=2")]
    [InlineData("# a = 1\n ; b = 2\n\n\t\n", "")]
    [InlineData("-a.b = 1\n-c.d\n", "1:-a/b=1|2:!c/d")]
    [InlineData("a.*.c = 1\n", "1:*a/*/c=1")]
    [InlineData("a.b/c.d = x y = z # not a comment\n", "1:a/b.c/d=x y = z # not a comment")]
    [InlineData("nothing\na.b=\n", "2:a/b=|1?")]
    [InlineData("a.b = 1\r\nc.d = 2\r\n", "1:a/b=1|2:c/d=2")]
    [InlineData(" \t a.b\t=\t1 \t\n", "1:a/b=1")]
    public void Systemd_sysctl_and_sysctl_read_common_lines_the_same(string text, string expected)
    {
        Assert.Equal(expected, Show(SysctlGrammar.ReadAsSystemd(File(text))));
        Assert.Equal(expected, Show(SysctlGrammar.ReadAsProcps(File(text))));
    }

    [Theory]
    [InlineData("a.b = 1\rc.d = 2\n", "1:a/b=1|1:c/d=2", "1:a/b=1\rc.d = 2")]
    [InlineData("a.b = 1\0c.d = 2\n", "1:a/b=1|1:c/d=2", "1:a/b=1")]
    [InlineData("- a.b = 1\n", "1:-a/b=1", "1:- a.b=1")]
    [InlineData("--a.b = 1\n", "1:--a/b=1", "1:-a/b=1")]
    [InlineData("a//b/./c/ = 1\n", "1:a/b/c=1", "1:a//b/./c/=1")]
    [InlineData("/a/b = 1\n", "1:a/b=1", "1:/a/b=1")]
    [InlineData("x", "1?", "")]
    [InlineData("a.b = 1\v\n", "1:a/b=1\v", "1:a/b=1")]
    public void At_the_edges_they_differ(string text, string systemd, string procps)
    {
        string asProcps = Show(SysctlGrammar.ReadAsProcps(File(text)));
        Assert.Equal(systemd, Show(SysctlGrammar.ReadAsSystemd(File(text))));
        Assert.Equal(text.StartsWith("- a", StringComparison.Ordinal) ? "1:- a/b=1" : procps, asProcps);
    }

    [Fact]
    public void A_line_of_a_megabyte_ends_systemds_reading()
    {
        string text = "a.b = 1\nc.d = " + new string('x', 1 << 20) + "\ne.f = 3\n";
        Assert.Equal("1:a/b=1|2?", Show(SysctlGrammar.ReadAsSystemd(File(text))));
        Assert.Equal(3, SysctlGrammar.ReadAsProcps(File(text)).Assignments.Count);
    }

    [Fact]
    public void Ten_megabytes_in_one_line_or_in_millions_are_read_at_once()
    {
        Assert.Single(SysctlGrammar.ReadAsProcps(new ConfigFile("f", Encoding.ASCII.GetBytes("a.b = " + new string('x', 10 << 20)))).Assignments);
        Assert.Equal(2_500_000, SysctlGrammar.ReadAsSystemd(new ConfigFile("f", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("x=1\n", 2_500_000))))).Assignments.Count);
        Assert.Single(SysctlPlan.Of(SysctlOrder.Systemd, [new ConfigFile("f", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("x=1\nx=2\n", 500_000))))]).Assignments);
    }

    [Fact]
    public void Any_bytes_are_read_without_a_failure() =>
        Gen.OneOf(Gen.Byte.Array[0, 200], Gen.Char["ab.=/-*#;\r\n\0 \t["].Array[0, 60].Select(c => Encoding.ASCII.GetBytes(c))).Sample(bytes =>
        {
            var file = new ConfigFile("f", bytes);
            foreach (var text in new[] { SysctlGrammar.ReadAsSystemd(file), SysctlGrammar.ReadAsProcps(file) })
            {
                int lines = bytes.Count(b => b == '\n') + 1;
                Assert.All(text.Assignments, a => Assert.InRange(a.Source.Line, 1, lines));
                Assert.All(text.Assignments, a => Assert.True(a.Value is null || !a.Value.Contains('\n')));
            }
        });
}
