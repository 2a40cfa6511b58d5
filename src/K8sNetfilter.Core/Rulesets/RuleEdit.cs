using System.Globalization;

namespace K8sNetfilter.Rulesets;

/// <summary>One change of a chain, as a command of iptables(8) makes it.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Chain">The chain's name.</param>
/// <param name="Number">The place of the rule, from 1; 0 for none: an inserted rule comes first, and a rule to delete is the first of the
/// same words.</param>
/// <param name="Rule">The rule without its chain, or the policy; empty for none.</param>
internal sealed record RuleEdit(RuleEditKind Kind, string Chain, int Number = 0, string Rule = "")
{
    /// <summary>Puts a rule at the head of a chain.</summary>
    public static RuleEdit First(string chain, string rule) => new(RuleEditKind.Insert, chain, 0, rule);

    /// <summary>Puts a rule at the end of a chain.</summary>
    public static RuleEdit Last(string chain, string rule) => new(RuleEditKind.Append, chain, 0, rule);

    /// <summary>Takes a rule out.</summary>
    public static RuleEdit Delete(string chain, int number) => new(RuleEditKind.Delete, chain, number);

    /// <summary>The words of the command after the table.</summary>
    public string Text
    {
        get
        {
            char letter = Kind switch
            {
                RuleEditKind.Insert =>
                    'I', RuleEditKind.Append => 'A', RuleEditKind.Replace => 'R', RuleEditKind.Delete => 'D', RuleEditKind.Flush => 'F',
                RuleEditKind.Remove => 'X', _ => 'P',
            };
            string text = string.Create(CultureInfo.InvariantCulture, $"-{letter} {Chain}{(Number > 0 ? $" {Number}" : "")}");
            return Rule.Length == 0 ? text : $"{text} {Rule}";
        }
    }

    /// <summary>Reads what <see cref="Text"/> writes; null for anything else.</summary>
    public static RuleEdit? Read(string text)
    {
        string[] words = text.Split(' ', 3);
        RuleEditKind? kind = words[0] switch
        {
            "-I" => RuleEditKind.Insert, "-A" =>
                RuleEditKind.Append, "-R" => RuleEditKind.Replace, "-D" => RuleEditKind.Delete, "-F" => RuleEditKind.Flush,
            "-X" => RuleEditKind.Remove, "-P" => RuleEditKind.Policy, _ => null,
        };
        if (kind is null || words.Length < 2)
        {
            return null;
        }

        string rest = words.Length == 3 ? words[2] : "";
        int length = rest.AsSpan().IndexOf(' ');
        return int.TryParse(length < 0 ? rest : rest[..length], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? new(kind.Value, words[1], number, length < 0 ? "" : rest[(length + 1)..]) : new(kind.Value, words[1], 0, rest);
    }
}
