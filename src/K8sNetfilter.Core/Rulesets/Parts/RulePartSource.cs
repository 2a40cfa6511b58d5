namespace K8sNetfilter.Rulesets.Parts;

/// <summary>What a part of a rule is made from.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Options">Its options as written, with <c>-m name</c> or <c>-j name</c> first where <paramref name="Introduced"/>.</param>
/// <param name="Introduced">True where the first option only names the part.</param>
internal readonly record struct RulePartSource(string Name, RuleOption[] Options, bool Introduced);
