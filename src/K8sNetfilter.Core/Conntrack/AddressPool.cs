using System.Net;
using K8sNetfilter.Packets;

namespace K8sNetfilter.Conntrack;

/// <summary>
/// The addresses met last, so that a dump in which the same ones recur (a pod's, a Service's, both ends in both directions) makes one
/// object of each. Of a fixed size: an address that falls on another's place replaces it. Not for use by two threads at once.
/// </summary>
public sealed class AddressPool
{
    private const int Size = 2048;
    private readonly UInt128[] _numbers = new UInt128[Size];
    private readonly IPAddress?[] _addresses = new IPAddress?[Size];

    /// <summary>The object for an address.</summary>
    public IPAddress Get(IPFamily family, UInt128 number)
    {
        ulong bits = (ulong)number ^ (ulong)(number >> 64);
        // Fibonacci hashing: neighbouring addresses, which is what a node has, fall on different places. The families lie apart in the lowest bit.
        int place = (int)((bits * 0x9E3779B97F4A7C15UL) >> 54) << 1 | (family == IPFamily.IPv4 ? 0 : 1);
        if (_numbers[place] == number && _addresses[place] is { } known)
        {
            return known;
        }

        var address = AddressPrefix.ToAddress(family, number);
        _numbers[place] = number;
        _addresses[place] = address;
        return address;
    }
}
