using System.Net;

namespace K8sNetfilter.Rulesets.Parts.Targets;

/// <summary>The packet is handed to a local socket as it is, and marked.</summary>
public sealed class TproxyTarget : RuleTarget
{
    internal TproxyTarget(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The socket's port; 0 for the packet's.</summary>
    public ushort Port { get; internal init; }

    /// <summary>The socket's address; null for that of the interface that it came in by.</summary>
    internal IPAddress? Address { get; init; }

    /// <summary>What is XORed into the mark.</summary>
    public uint Value { get; internal init; }

    /// <summary>The bits of the mark that are cleared first.</summary>
    public uint Mask { get; internal init; }

    /// <summary>The mark afterwards.</summary>
    public uint Apply(uint mark) => (mark & ~Mask) ^ Value;
}
