using System.Text;
using CsCheck;
using K8sNetfilter.Configuration;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

public sealed class ModulesLoadFileTests
{
    [Theory]
    [InlineData("overlay\nbr_netfilter\n", "overlay:1 br_netfilter:2")]
    [InlineData("overlay\r\nbr_netfilter", "overlay:1 br_netfilter:2")]
    [InlineData("# first\n; second\n\n  overlay\t \n#br_netfilter", "overlay:4")]
    [InlineData("a\rb\0c\n\rd\n\ne", "a:1 b:1 c:1 d:2 e:4")]
    [InlineData("overlay # for containers", "overlay # for containers:1")]
    [InlineData("", "")]
    [InlineData("\n\n\n", "")]
    public void Names_stand_one_a_line(string text, string expected) => Assert.Equal(expected, Entries(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void A_line_of_a_mebibyte_ends_the_file()
    {
        byte[] text = [.. "overlay\n"u8, .. Enumerable.Repeat((byte)'x', 1 << 20), .. "\nbr_netfilter\n"u8];
        Assert.Equal("overlay:1", Entries(text));
        Assert.Equal(2, ModulesLoadFile.Parse(new ConfigFile("/f", text.Where((_, at) => at != 100).Skip("overlay\n".Length).ToArray())).Count());
    }

    [Fact]
    public void What_was_written_line_by_line_is_read_line_by_line() =>
        Gen.Char.AlphaNumeric.Array[1, 9].Select(c => new string(c)).List[0, 20].Sample(names =>
        {
            byte[] text = Encoding.ASCII.GetBytes(string.Join('\n', names));
            return ModulesLoadFile.Parse(new ConfigFile("/f", text)).Select((e, i) => e.Name == names[i] && e.Source.Line == i + 1).All(same => same)
                && ModulesLoadFile.Parse(new ConfigFile("/f", text)).Count() == names.Count;
        });

    [Fact]
    public void Any_bytes_are_read_and_no_name_holds_the_end_of_a_line() =>
        Gen.Byte.Array[0, 200].Sample(text => ModulesLoadFile.Parse(new ConfigFile("/f", text))
            .All(e => e.Name.AsSpan().IndexOfAny('\n', '\r', '\0') < 0 && e.Name.Length != 0 && e.Name[0] is not ('#' or ';')));

    private static string Entries(byte[] text) =>
        string.Join(' ', ModulesLoadFile.Parse(new ConfigFile("/f", text)).Select(e => $"{e.Name}:{e.Source.Line}"));
}
