using K8sNetfilter.Configuration;

namespace K8sNetfilter.Modules;

/// <summary>What the next boot does with one module, and which lines decide it.</summary>
/// <param name="Module">The module; for a name that leads to none, the name as it is written.</param>
/// <param name="Outcome">What happens.</param>
/// <param name="Source">The place that asks for it.</param>
/// <param name="BlockedBy">The place that keeps it from being loaded.</param>
/// <param name="NeededBy">The module that needs it, where it is not asked for itself.</param>
/// <param name="FailedDependency">The module that it needs and that does not, or perhaps not, load.</param>
/// <param name="DecidedBy">The install command whose effect can't be known.</param>
public sealed record BootLoad(
    string Module,
    BootOutcome Outcome,
    SourceLine? Source,
    SourceLine? BlockedBy = null,
    string? NeededBy = null,
    string? FailedDependency = null,
    SourceLine? DecidedBy = null)
{
    /// <summary>Whether the module is there after the boot; null where a command decides.</summary>
    public bool? IsThere => Outcome switch
    {
        BootOutcome.Loads or BootOutcome.BuiltIn => true,
        BootOutcome.CommandDecides => null,
        _ => false,
    };
}
