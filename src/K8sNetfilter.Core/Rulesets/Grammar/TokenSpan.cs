namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>Where a word stands in a line.</summary>
/// <param name="Lead">Where the white space before it begins.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Behind its end.</param>
/// <param name="Quoted">True where a part of it is in quotes.</param>
internal readonly record struct TokenSpan(int Lead, int Start, int End, bool Quoted);
