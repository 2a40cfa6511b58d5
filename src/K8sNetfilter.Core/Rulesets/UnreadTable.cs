using K8sNetfilter.Addressing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Rulesets;

/// <summary>A table that could not be read whole.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Backend">Which part of the kernel holds it.</param>
/// <param name="Family">The family.</param>
/// <param name="Command">The command that shows it.</param>
public sealed record UnreadTable(string Name, NetfilterBackend Backend, IPFamily Family, string Command)
{
    /// <summary>The line of the dump that says so, as <c>file:line</c>; null where the kernel itself showed it.</summary>
    public string? Place { get; init; }

    /// <summary>Why it is not known whole, as the end of a sentence; null where the tool that prints it leaves rules out.</summary>
    public string? Reason { get; init; }

    /// <summary>Why packets meet rules there that are not known, in words.</summary>
    internal string Why => Reason ?? (Place is null
        ? RulesetMessages.TableNotWhole(Printable.Text(Name), Command)
        : RulesetMessages.TableNotWholeAt(Place, Printable.Text(Name), Command));
}
