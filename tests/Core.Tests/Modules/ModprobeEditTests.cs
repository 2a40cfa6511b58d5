using System.Text;
using CsCheck;
using K8sNetfilter.Configuration;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

public sealed class ModprobeEditTests
{
    private static string Set(string content, string parameters = "x=7") =>
        Encoding.UTF8.GetString(ModprobeEdit.SetOptions(Encoding.UTF8.GetBytes(content), "br_netfilter", parameters) ?? Encoding.UTF8.GetBytes(content));

    private static string[] Options(byte[] content) =>
        [.. new ModprobeConfiguration([new ConfigFile("/f", content)], new KernelCommandLine(null)).Options("br_netfilter").SelectMany(o => ModuleParameters.Split(o.Value))];

    /// <summary>As /sys/module shows it, on the left (kernel/params.c).</summary>
    [Theory]
    [InlineData("Y", "", true)]
    [InlineData("Y", "on", true)]
    [InlineData("Y", "yes", true)]
    [InlineData("N", "off", true)]
    [InlineData("N", "1", false)]
    [InlineData("Y", "2", false)]
    [InlineData("4096", "0x1000", true)]
    [InlineData("1,8,-3", "1,010,-3", true)]
    [InlineData("1,8", "1", false)]
    [InlineData("a", "A", false)]
    public void What_the_kernel_shows_is_what_was_given(string shown, string given, bool same) => Assert.Equal(same, ModuleParameters.IsSame(shown, given));

    [Fact]
    public void The_last_line_counts_and_a_built_in_module_has_the_command_line_alone()
    {
        var configuration = new ModprobeConfiguration(
            [new ConfigFile("/f", "options a-b x=1 y=2\noptions a_b x=3 z\noptions c x=9\n"u8.ToArray())], new KernelCommandLine("a_b.y=5"));
        Assert.Equal(["x=3", "y=5", "z="], ModuleParameters.AtLoad(configuration, "a_b", isBuiltIn: false).Select(p => $"{p.Key}={p.Value}"));
        Assert.Equal(["y=5"], ModuleParameters.AtLoad(configuration, "a_b", isBuiltIn: true).Select(p => $"{p.Key}={p.Value}"));
    }

    [Theory]
    [InlineData("", "options br_netfilter x=7\n")]
    [InlineData("# mine", "# mine\noptions br_netfilter x=7\n")]
    [InlineData("options br-netfilter x=1 y=2\n# end", "options br_netfilter x=7 y=2\n# end")]
    [InlineData("options br_netfilter y=2\nblacklist a\noptions br_netfilter z=3\n", "options br_netfilter y=2 z=3 x=7\nblacklist a\n")]
    [InlineData("options br_netfilter x=7\n", "options br_netfilter x=7\n")]
    // A line of modprobe.d ends with a line feed alone: a carriage return would be a part of the value.
    [InlineData("blacklist a\r\n", "blacklist a\r\noptions br_netfilter x=7\n")]
    // What a fuzzer found: a backslash at the end of the file joins lines, one in a value needs another, and an open quote swallows what comes after.
    [InlineData("blacklist a\\", "blacklist a\\\n\noptions br_netfilter x=7\n")]
    [InlineData("softdep b  \\\n", "softdep b  \\\n\noptions br_netfilter x=7\n")]
    [InlineData("options br-netfilter y\\\\", "options br_netfilter y\\\\ x=7\n")]
    [InlineData("options br-netfilter y=\"1\n", "options br_netfilter x=7 y=\"1\n")]
    public void Options_are_set_and_the_rest_stays(string before, string after)
    {
        Assert.Equal(after, Set(before));
        Assert.Equal(after, Set(after));
    }

    [Fact]
    public void Whatever_the_file_what_was_set_is_read_and_setting_it_again_changes_nothing() =>
        Gen.OneOf(
            Gen.Byte.Array[0, 120],
            Gen.OneOf("options br_netfilter x=1", "options br-netfilter", " y=\"2 3\"", "\"", "\\", "\\\n", "\n", "\r\n", "\0", "blacklist b", "# c", " ").Array[0, 12].Select(p => Encoding.ASCII.GetBytes(string.Concat(p))))
        .Sample(content =>
        {
            byte[] changed = ModprobeEdit.SetOptions(content, "br_netfilter", "x=7") ?? content;
            Assert.Contains("x=7", Options(changed));
            Assert.Null(ModprobeEdit.SetOptions(changed, "br_netfilter", "x=7"));
            var before = ModprobeConfiguration.Parse(new ConfigFile("/f", content)).Where(r => r.Kind != ModprobeRuleKind.Options || r.Module != "br_netfilter");
            var after = ModprobeConfiguration.Parse(new ConfigFile("/f", changed)).Where(r => r.Kind != ModprobeRuleKind.Options || r.Module != "br_netfilter");
            Assert.Equal(before.Select(r => (r.Kind, r.Module, r.Value)), after.Select(r => (r.Kind, r.Module, r.Value)));
        });
}
