using K8sNetfilter.Addressing;

namespace K8sNetfilter.Forwarding;

/// <summary>The answer of the routing tables.</summary>
/// <param name="Kind">What becomes of the packet.</param>
/// <param name="Device">The interface; null where it is not known.</param>
/// <param name="Gateway">The next hop; null where the destination is on the link.</param>
/// <param name="Source">The source address that the route prefers; null where it names none.</param>
/// <param name="Entry">The route that decides; null where none does.</param>
/// <param name="Note">Why, where no route says it.</param>
/// <param name="Granted">What it takes for granted; null where it depends on nothing.</param>
internal readonly record struct FibResult(
    FibResultKind Kind, string? Device, Bits128? Gateway, Bits128? Source, FibRoute? Entry, string? Note = null, string? Granted = null)
{
    /// <summary>Which route decides it, in words. Only made where somebody reads it.</summary>
    public string Reason(IPFamily family) => Note ?? Entry?.Describe(family) ?? ForwardingMessages.NoRoute;
}
