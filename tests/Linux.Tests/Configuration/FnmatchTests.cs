using System.Runtime.InteropServices;
using CsCheck;
using K8sNetfilter.Configuration;

namespace K8sNetfilter.Tests.Configuration;

public sealed partial class FnmatchTests
{
    private const int FNM_PATHNAME = 1;
    private const int FNM_PERIOD = 4;

    private static readonly Gen<string> Pattern = Gen.OneOf("*", "?", "[", "]", "a", "b", "/", ".", "-", "!", "^", "\\", "[a-c]", "[!a]", "[[:alpha:]]", "[]a]", "*a", "**").Array[0, 8].Select(string.Concat)
        // Collating symbols ([.a.]) are the one thing that is not supported; no key has a use for them.
        .Where(p => !p.Contains("[."));
    private static readonly Gen<string> Text = Gen.Char["ab/.-]"].Array[0, 10].Select(c => new string(c));

    [Fact]
    public void Texts_match_as_fnmatch_matches_them() =>
        Gen.Select(Pattern, Text).Sample((p, t) => Glob.MatchesText(p, t) == (fnmatch(p, t, 0) == 0), iter: 200_000);

    [Fact]
    public void Paths_match_as_glob_matches_them() =>
        Gen.Select(Pattern.Where(p => !p.Contains("\\/") && (!p.Contains('[') || !p.Contains('/'))), Text).Sample((p, t) => Glob.MatchesPath(p, t) == (fnmatch(p, t, Flags(t)) == 0), iter: 200_000);

    /// <summary>
    /// FNM_PERIOD is about a period that begins a name. glibc lets it bear on others now and then: "*?[!a]]*[!a]" does not match "a.]..baa.b"
    /// with it. So it is asked for only where there is such a period.
    /// </summary>
    private static int Flags(string text) =>
        text.StartsWith('.') || text.Contains("/.", StringComparison.Ordinal) ? FNM_PATHNAME | FNM_PERIOD : FNM_PATHNAME;

    [Fact]
    public void A_pattern_made_to_take_for_ever_does_not() =>
        Assert.False(Glob.MatchesText(string.Concat(Enumerable.Repeat("*a", 2000)) + "b", new string('a', 20_000)));

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int fnmatch(string pattern, string text, int flags);
}
