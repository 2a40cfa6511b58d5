using System.Text;
using CsCheck;
using K8sNetfilter.Configuration;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

public sealed class ModprobeConfigurationTests
{
    [Theory]
    [InlineData("blacklist br-netfilter", "Blacklist br_netfilter ''@1")]
    [InlineData("  blacklist\tbr_netfilter  # why", "Blacklist br_netfilter ''@1")]
    [InlineData("# blacklist x\n #blacklist y\nblacklist z", "Blacklist z ''@3")]
    [InlineData("install x /bin/false", "Install x '/bin/false'@1")]
    [InlineData("install x  a  b", "Install x ' a  b'@1")]
    [InlineData("install x", "")]
    [InlineData("options nf-conntrack hashsize=1\tacct=1", "Options nf_conntrack 'hashsize=1 acct=1'@1")]
    [InlineData("options a b=1 \\\n c=2\nblacklist d", "Options a 'b=1  c=2'@1 Blacklist d ''@3")]
    [InlineData("alias net-pf-[0-9] af-x", "Alias net_pf_[0-9] 'af_x'@1")]
    [InlineData("alias a]b c", "")]
    [InlineData("alias a", "")]
    [InlineData("softdep a pre: b post: c d", "SoftDependency a 'pre: b post: c d'@1")]
    [InlineData("remove a /bin/b", "Remove a '/bin/b'@1")]
    [InlineData("include /etc/x\nconfig y\nnonsense z\nblacklist", "")]
    [InlineData("black\\list x\n", "Blacklist x ''@1")]
    [InlineData("blacklist x\r\nblacklist y", "Blacklist x\r ''@1 Blacklist y ''@2")]
    [InlineData("blacklist x\0y\nblacklist z\\", "Blacklist x ''@1 Blacklist z ''@2")]
    public void Lines_are_read_as_libkmod_reads_them(string text, string expected) => Assert.Equal(expected, string.Join(' ', Parse(text)
        .Select(r => $"{r.Kind} {r.Module} '{r.Value}'@{r.Source.Line}")));

    [Theory]
    [InlineData("pre: a b post: c", "a b|c")]
    [InlineData("a pre:b pre: c", "c|")]
    [InlineData("post: a pre: b post: c", "b|a c")]
    [InlineData("", "|")]
    [InlineData(" pre: a post: b", "|b")]
    [InlineData("  pre: a  b", "a b|")]
    public void Soft_dependencies_stand_before_and_after(string value, string expected)
    {
        var (before, after) = ModprobeConfiguration.SplitSoftDependencies(value);
        Assert.Equal(expected, $"{string.Join(' ', before)}|{string.Join(' ', after)}");
    }

    [Fact]
    public void The_first_matching_command_counts_and_all_options()
    {
        var rules = Rules("install b* /bin/one\ninstall bridge /bin/two\noptions bridge a=1\noptions net-pf-7 b=2\noptions bridge c=3");
        Assert.Equal("/bin/one", rules.Install("bridge")!.Value);
        Assert.Equal("/bin/two", rules.CommandNamed("bridge")!.Value);
        Assert.Equal(["a=1", "b=2", "c=3"], rules.Options("bridge", "net_pf_7").Select(o => o.Value));
        Assert.Null(rules.Install("overlay"));
    }

    [Fact]
    public void The_command_line_comes_last_and_keeps_its_dashes()
    {
        var rules = Rules("", "quiet modprobe.blacklist=a,b-c br-netfilter.x=1 a.b.c=2 root=/dev/sda1");
        Assert.NotNull(rules.Blacklist("a"));
        Assert.Null(rules.Blacklist("b_c"));
        Assert.Equal("/proc/cmdline", rules.Blacklist("a")!.Source.ToString());
        Assert.Equal(["x=1"], rules.Options("br_netfilter").Select(o => o.Value));
        Assert.Empty(rules.Options("a"));
    }

    [Fact]
    public void Any_bytes_give_rules_with_a_name_and_the_line_that_they_stand_on() => Gen.Byte.Array[0, 300].Sample(text =>
    {
        int lines = text.Count(b => b == '\n') + 1;
        var configuration = new ModprobeConfiguration([new ConfigFile("/f", text)], new KernelCommandLine(Encoding.Latin1.GetString(text)));
        Assert.All(configuration.Rules, rule =>
        {
            // An option on the kernel's command line may be of no module: " .a=b".
            bool isOfFile = rule.Source.File == "/f";
            Assert.True(!isOfFile || rule.Module.Length > 0);
            Assert.InRange(rule.Source.Line, isOfFile ? 1 : 0, isOfFile ? lines : 0);
        });
    });

    [Fact]
    public void Long_files_take_no_long_time_and_one_question_is_cheap()
    {
        string text = string.Concat(Enumerable.Range(0, 200_000).Select(i => $"alias a{i} m{i}\n")) + new string('x', 10_000_000) + "\nblacklist last\n";
        var rules = Rules(text);
        Assert.NotNull(rules.Blacklist("last"));
        Assert.Equal("m777", rules.Aliases("a777").Single().Value);
    }

    private static List<ModprobeRule> Parse(string text) => [.. ModprobeConfiguration.Parse(new ConfigFile("/f", Encoding.UTF8.GetBytes(text)))];

    private static ModprobeConfiguration Rules(string text, string? commandLine = null) =>
        new([new ConfigFile("/etc/modprobe.d/a.conf", Encoding.UTF8.GetBytes(text))], new KernelCommandLine(commandLine));
}
