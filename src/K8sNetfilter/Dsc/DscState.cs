using System.Text.Json.Nodes;

namespace K8sNetfilter.Dsc;

/// <summary>An instance as the node has it.</summary>
/// <param name="Properties">Its properties.</param>
/// <param name="IsDesired">True where it is what was asked for.</param>
internal sealed record DscState(JsonObject Properties, bool IsDesired)
{
    /// <summary>What could not be found out, so that it was taken for as asked.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
