using K8sNetfilter.Packets;

namespace K8sNetfilter.Rulesets;

/// <summary>A table that could not be read whole.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Backend">Which part of the kernel holds it.</param>
/// <param name="Family">The family.</param>
/// <param name="Command">The command that shows it.</param>
public sealed record UnreadTable(string Name, NetfilterBackend Backend, IPFamily Family, string Command);
