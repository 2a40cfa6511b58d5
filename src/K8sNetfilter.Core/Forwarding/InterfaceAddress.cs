using K8sNetfilter.Addressing;

namespace K8sNetfilter.Forwarding;

/// <summary>An address of an interface, in the order in which the kernel lists them.</summary>
/// <param name="Family">Its family.</param>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">Its prefix length.</param>
/// <param name="Scope">Its scope, rtnetlink(7): 0 universe, 253 link, 254 host.</param>
/// <param name="Secondary">True for IFA_F_SECONDARY, which is never chosen as a source; for IPv6, one that is deprecated.</param>
internal sealed record InterfaceAddress(IPFamily Family, Bits128 Address, int PrefixLength, byte Scope, bool Secondary)
{
    public bool Covers(Bits128 other) => ((other ^ Address) & AddressBits.Mask(PrefixLength, Family)) == 0;
}
