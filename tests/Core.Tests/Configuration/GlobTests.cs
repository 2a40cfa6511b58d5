using CsCheck;
using K8sNetfilter.Configuration;

namespace K8sNetfilter.Tests.Configuration;

public sealed class GlobTests
{
    [Theory]
    [InlineData("a*c", "abbc", true)]
    [InlineData("a*c", "abbcd", false)]
    [InlineData("*", "", true)]
    [InlineData("?", "", false)]
    [InlineData("net_pf_[0-9]", "net_pf_7", true)]
    [InlineData("net_pf_[!0-9]", "net_pf_7", false)]
    [InlineData("[]a]", "]", true)]
    [InlineData("[a-]", "-", true)]
    [InlineData("[a", "[a", true)]
    [InlineData("a\\*", "a*", true)]
    [InlineData("a\\*", "ab", false)]
    [InlineData("pci:v00008086d*sv*sd*", "pci:v00008086d00001000svXsdY", true)]
    public void Patterns_match_as_fnmatch_does(string pattern, string text, bool expected) =>
        Assert.Equal(expected, Glob.MatchesText(pattern, text));

    [Fact]
    public void Stars_and_question_marks_agree_with_the_plain_definition()
    {
        var text = Gen.Char["ab"].Array[0, 8].Select(c => new string(c));
        var pattern = Gen.Char["ab*?"].Array[0, 8].Select(c => new string(c));
        Gen.Select(pattern, text).Sample((p, t) => Glob.MatchesText(p, t) == Naive(p, t));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("*a")]
    public void Brackets_that_never_close_take_no_long_time(string start)
    {
        string brackets = string.Concat(Enumerable.Repeat("[\\]", 3000));
        Assert.False(Glob.MatchesText(start + brackets, string.Concat(Enumerable.Repeat("[]", 2999))));
    }

    private static bool Naive(string pattern, string text) => pattern.Length == 0 ? text.Length == 0 : pattern[0] switch
    {
        '*' => Naive(pattern[1..], text) || (text.Length != 0 && Naive(pattern, text[1..])),
        '?' => text.Length != 0 && Naive(pattern[1..], text[1..]),
        char c => text.Length != 0 && text[0] == c && Naive(pattern[1..], text[1..]),
    };
}
