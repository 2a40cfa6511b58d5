using System.Management.Automation;

namespace K8sNetfilter.Completion;

/// <summary>Completes from a list of plain words.</summary>
internal static class WordCompletion
{
    /// <summary>The words that begin with what was typed, whatever the case.</summary>
    public static IEnumerable<CompletionResult> Complete(IEnumerable<string> words, string? typed)
    {
        string start = (typed ?? "").Trim('\'', '"');
        return words.Where(w => w.StartsWith(start, StringComparison.OrdinalIgnoreCase)).Select(w => new CompletionResult(w));
    }
}
