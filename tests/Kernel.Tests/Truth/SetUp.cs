namespace K8sNetfilter.Tests.Truth;

/// <summary>One node, arranged in a few steps, with the calls whose truth is measured.</summary>
/// <param name="Kind">What it is about, one of a few words.</param>
/// <param name="Name">A sentence that says what is so.</param>
/// <param name="V6">Which family its calls are of.</param>
/// <param name="Arrange">The steps, and the calls.</param>
internal sealed record SetUp(string Kind, string Name, bool V6, Action<TruthNode> Arrange)
{
    public override string ToString() => $"{Kind}: {Name}{(V6 ? " (IPv6)" : "")}";
}
