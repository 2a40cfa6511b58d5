using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Nodes;

namespace K8sNetfilter.Diagnosis.Remedies;

/// <summary>Changes a bridge port: bridge(8), <c>bridge link set</c>.</summary>
/// <param name="Port">The port's name, which can stand in a command line.</param>
/// <param name="Flag">What is switched.</param>
internal sealed record PortStep(string Port, PortFlag Flag) : RemedyStep
{
    /// <inheritdoc/>
    public override string Command(CommandPlace place) =>
        place.Tool($"bridge link set dev {Port} {(Flag == PortFlag.HairpinOn ? "hairpin on" : "isolated off")}");

    /// <inheritdoc/>
    public override HairpinFacts Apply(HairpinFacts node) => node.Network.Find(Port) is not { } port ? node : node with
    {
        Network = node.Network.With(port.With(
        Flag == PortFlag.HairpinOn ? true : port.Hairpin, Flag != PortFlag.IsolatedOff && port.Isolated)),
    };
}
