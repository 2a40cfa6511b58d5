using K8sNetfilter.Configuration;

namespace K8sNetfilter.Modules;

/// <summary>One line of modprobe.d(5) that counts.</summary>
/// <param name="Kind">Its command.</param>
/// <param name="Module">The module that it is about, or the alias pattern, with <c>_</c> for <c>-</c>.</param>
/// <param name="Value">What stands behind: the alias' module, the options, the command line, the soft dependencies; empty for a blacklist.</param>
/// <param name="Source">The place.</param>
public sealed record ModprobeRule(ModprobeRuleKind Kind, string Module, string Value, SourceLine Source);
