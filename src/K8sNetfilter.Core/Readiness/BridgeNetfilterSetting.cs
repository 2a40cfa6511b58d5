using System.Globalization;
using K8sNetfilter.Configuration;
using K8sNetfilter.Text;

namespace K8sNetfilter.Readiness;

/// <summary>One thing that bridge netfilter and forwarding depend on: a module or a kernel parameter, now and after the next boot.</summary>
/// <param name="Name">The module's name or the parameter's.</param>
/// <param name="Value">What it is now: a module's state, a parameter's value; null where it is not there or no running kernel is asked.</param>
/// <param name="BootValue">What it is after the next boot, likewise; a parameter that no file sets has the kernel's own value then.</param>
/// <param name="Expected">What Kubernetes' documentation asks for; null where it asks for nothing.</param>
/// <param name="Source">The line that decides what it is after the boot; null where none does.</param>
/// <param name="Reason">Why it is so after the boot, in a sentence.</param>
public sealed record BridgeNetfilterSetting(string Name, string? Value, string? BootValue, string? Expected, SourceLine? Source, string Reason)
{
    /// <summary>One line of the node's view: the name, the value now and at boot, and the line that decides.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name,-41} now {Printable.Line(Value ?? "-"),-9} at boot {Printable.Line(BootValue ?? "-"),-7} {Source}").TrimEnd();
}
