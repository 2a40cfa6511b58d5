using System.Reflection;
using System.Text.RegularExpressions;

namespace K8sNetfilter.Tests.Nftables;

/// <summary>The corpus of rules in tests/support/Shared/Nftables/Corpus.</summary>
internal static partial class NftCorpus
{
    public static string[] Families { get; } = ["ip", "ip6", "inet", "arp", "bridge", "netdev"];

    /// <summary>The lines of a family: the chain, <c>set-up</c> or <c>chain</c>, and the text.</summary>
    public static List<(string Place, string Text)> Read(string family)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"corpus-{family}.txt")!;
        using var reader = new StreamReader(stream);
        var lines = new List<(string, string)>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Split('\t') is [var place, var text] && place[0] != '#')
            {
                lines.Add((place, text));
            }
        }

        return lines;
    }

    /// <summary>Loads a family's rules with <c>nft -f</c>, without those that this kernel does not take.</summary>
    /// <returns>The rules that were loaded.</returns>
    public static List<(string Chain, string Text)> Load(string family, Func<string, string?> nft)
    {
        var lines = Read(family);
        var refused = new HashSet<int>();
        for (int attempt = 0; attempt < 30; attempt++)
        {
            var text = new List<string> { $"add table {family} corpus; add chain {family} corpus other" };
            var numbers = new List<int> { -1 };
            for (int i = 0; i < lines.Count; i++)
            {
                if (!refused.Contains(i))
                {
                    text.Add(Command(family, lines[i]));
                    numbers.Add(i);
                }
            }

            if (nft(string.Join('\n', text) + "\n") is not { } errors)
            {
                return [.. lines.Where((l, i) => !refused.Contains(i) && l.Place is not ("set-up" or "chain"))];
            }

            foreach (Match match in ErrorLine().Matches(errors))
            {
                refused.Add(numbers[int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) - 1]);
            }
        }

        throw new InvalidOperationException($"The rules of {family} could not be loaded.");
    }

    private static string Command(string family, (string Place, string Text) line)
    {
        if (line.Place is not ("set-up" or "chain"))
        {
            return $"add rule {family} corpus {line.Place} {line.Text}";
        }

        string[] words = line.Place == "chain" ? ["chain", line.Text] : line.Text.StartsWith("ct ", StringComparison.Ordinal)
            ? [line.Text[..line.Text.IndexOf(' ', 3)], line.Text[(line.Text.IndexOf(' ', 3) + 1)..]] : line.Text.Split(' ', 2);
        return $"add {words[0]} {family} corpus {words[1]}";
    }

    [GeneratedRegex(@"^[^\n ]*:(\d+):\d+-\d+: Error", RegexOptions.Multiline)]
    private static partial Regex ErrorLine();
}
