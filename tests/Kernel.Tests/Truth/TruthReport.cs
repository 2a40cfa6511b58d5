using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace K8sNetfilter.Tests.Truth;

/// <summary>A line for each set-up, what is open by its reason, and counts.</summary>
internal static partial class TruthReport
{
    public static string Write(IReadOnlyList<TruthResult> results, bool isLong)
    {
        var text = new StringBuilder();
        foreach (var result in results)
        {
            text.Append(Write(result, isLong));
        }

        return text.Append(Counts(results)).ToString();
    }

    public static string Write(TruthResult result, bool isLong)
    {
        var text = new StringBuilder();
        text.Append(result).Append('\n');
        foreach (var finding in result.Findings.Where(f => isLong || f.Judgement >= TruthJudgement.Unknown))
        {
            text.Append("    ").Append(finding).Append('\n');
        }

        foreach (var remedy in result.Remedies.Where(r => isLong || r.Works == false))
        {
            text.Append("    ").Append(remedy).Append('\n');
        }

        return text.ToString();
    }

    public static string Counts(IReadOnlyList<TruthResult> results)
    {
        var text = new StringBuilder();
        text.Append("\nOpen, by the reason:\n");
        foreach (var reason in results.SelectMany(r => r.Findings).Where(f => f.Judgement == TruthJudgement.Unknown)
            .GroupBy(f => Reason(f.Answer)).OrderByDescending(g => g.Count()))
        {
            text.Append(CultureInfo.InvariantCulture, $"{reason.Count(),5}  {reason.Key}\n");
        }

        text.Append("\nRemedies, by what is done: help, do not help, not run\n");
        foreach (var kind in results.SelectMany(r => r.Remedies).GroupBy(r => r.Kind).OrderByDescending(g => g.Count()))
        {
            text.Append(CultureInfo.InvariantCulture, $"{kind.Count(r => r.Works == true),5} {kind.Count(r => r.Works == false),4} {kind.Count(r => r.Works is null),4}  {kind.Key}{string.Concat(kind.Where(r => r.Works is null).Select(r => r.Seen.Contains("->", StringComparison.Ordinal) ? " (what was taken for granted is false)" : $" ({r.Seen})").Distinct())}\n");
        }

        text.Append("\nSet-ups by kind: firm, with an assumption, open, contradicted\n");
        foreach (var kind in results.GroupBy(r => r.SetUp.Kind))
        {
            int[] of = [.. Enum.GetValues<TruthJudgement>().Select(j => Of(kind, j))];
            text.Append(CultureInfo.InvariantCulture, $"{of[0],5} {of[1],4} {of[2],4} {of[3],4}  {kind.Key}\n");
        }

        int[] all = [.. Enum.GetValues<TruthJudgement>().Select(j => Of(results, j))];
        text.Append(CultureInfo.InvariantCulture, $"\n{results.Count} set-ups: {all[0]} firm, {all[1]} with an assumption, {all[2]} open, ");
        text.Append(CultureInfo.InvariantCulture, $"{all[3]} contradicted; {results.Count(r => r.Failure is not null)} not run. ");
        var answers = results.SelectMany(r => r.Findings).ToList();
        var counts = Enum.GetValues<TruthJudgement>().Select(j => $"{answers.Count(a => a.Judgement == j)} {j}");
        text.Append(CultureInfo.InvariantCulture, $"{answers.Count} answers: {string.Join(", ", counts)}\n");
        return text.ToString();
    }

    private static int Of(IEnumerable<TruthResult> results,
        TruthJudgement judgement) => results.Count(r => r.Failure is null && r.Worst == judgement);

    // Numbers, addresses and names differ where the reason is the same.
    private static string Reason(string answer)
    {
        string reason = Numbers().Replace(answer, "N");
        return reason.Length > 160 ? reason[..160] : reason;
    }

    [GeneratedRegex("[0-9a-f.:]*[0-9][0-9a-f.:]*")]
    private static partial Regex Numbers();
}
