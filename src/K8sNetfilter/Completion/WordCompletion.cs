using System.Management.Automation;
using System.Management.Automation.Language;

namespace K8sNetfilter.Completion;

/// <summary>Completes from a list of words.</summary>
internal static class WordCompletion
{
    /// <summary>The words that begin with what was typed, whatever the case.</summary>
    public static IEnumerable<CompletionResult> Complete(IEnumerable<string> words, string? typed)
    {
        string start = (typed ?? "").Trim('\'', '"');
        return words.Where(w => w.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            .Select(w => new CompletionResult(Quote(w), w, CompletionResultType.ParameterValue, w));
    }

    /// <summary>A word as it can stand on a command line: a name from outside may hold what PowerShell would run.</summary>
    public static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/')
            ? word : $"'{CodeGeneration.EscapeSingleQuotedStringContent(word)}'";
}
