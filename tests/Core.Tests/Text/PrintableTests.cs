using CsCheck;
using K8sNetfilter.Text;

namespace K8sNetfilter.Tests.Text;

public sealed class PrintableTests
{
    [Theory]
    [InlineData("default/web:http cluster IP", "default/web:http cluster IP")]
    [InlineData("Grüße 雪 🐧", "Grüße 雪 🐧")]
    [InlineData("a\x1b[31mred", "a\\x1b[31mred")]
    [InlineData("line\r\nline\0", "line\\x0d\\x0aline\\x00")]
    [InlineData("\u202egnp.exe", "\\u202egnp.exe")]
    [InlineData("csi \u009b here", "csi \\x9b here")]
    public void Control_and_format_characters_are_spelled_out(string text, string shown) => Assert.Equal(shown, Printable.Text(text));

    [Fact]
    public void Long_text_is_cut_and_says_so() => Assert.Equal("aaaaa...", Printable.Text(new string('a', 1_000_000), 5));

    [Fact]
    public void No_text_can_reach_a_terminal_as_a_control_character() =>
        Gen.String.Sample(text => Printable.Text(text, 40).All(c => !char.IsControl(c)) && Printable.Text(text, 40).Length <= 50);

    [Theory]
    [InlineData(null, "")]
    [InlineData("4096\t87380\n6291456", "4096 87380 6291456")]
    [InlineData("a\u001bb", "a\\x1bb")]
    public void A_line_has_no_break(string? text, string shown) => Assert.Equal(shown, Printable.Line(text));

    [Theory]
    [InlineData(null, "")]
    [InlineData("fits well", "fits well")]
    [InlineData("one two three four", "one two\nthree four")]
    [InlineData("exactly 10 more", "exactly 10\nmore")]
    [InlineData("averylongwordindeed and more", "averylongwordindeed\nand more")]
    [InlineData("trailing   ", "trailing")]
    public void Text_is_wrapped_at_blanks(string? text, string shown) => Assert.Equal(shown, Printable.Wrap(text, 10));

    [Fact]
    public void Wrapping_loses_nothing_but_blanks() => Gen.String.Sample(text =>
        string.Concat(Printable.Wrap(text, 12).Where(c => !char.IsWhiteSpace(c))) == string.Concat(text.Where(c => !char.IsWhiteSpace(c))));
}
