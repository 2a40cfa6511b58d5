using System.Globalization;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>What the kernel's trace says of one packet at one place.</summary>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Rule">The rule's number from 1; 0 for the chain's policy.</param>
/// <param name="Mark">The packet's mark after it.</param>
internal sealed record TraceEvent(string Table, string Chain, int Rule, uint Mark)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Table} {Chain} {(Rule == 0 ? "policy" : Rule)}{(Mark == 0 ? "" : $" mark 0x{Mark:x}")}");
}
