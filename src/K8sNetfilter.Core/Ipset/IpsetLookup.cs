using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;
using K8sNetfilter.Text;

namespace K8sNetfilter.Ipset;

/// <summary>
/// Looks packets up in sets as the kernel does (ip_set_test in net/netfilter/ipset/ip_set_core.c, mtype_test and mtype_test_cidrs in
/// ip_set_hash_gen.h, the kadt functions of each type): by hash, and for prefixes once for each length that the set has. The longest that
/// fits decides, also if it is an exception (<c>nomatch</c>).
/// </summary>
internal static class IpsetLookup
{
    /// <summary>Whether a set matches a packet.</summary>
    /// <param name="set">The set.</param>
    /// <param name="all">All sets, for the members of a list.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="question">What the rule wants to know.</param>
    public static IpsetAnswer Test(NodeIpset set, IpsetCatalog all, in IpsetPacket packet, IpsetQuestion question)
    {
        if (set.Type is not { } type || set.Elements is not { } elements)
        {
            return IpsetAnswer.Unknown($"the type {Printable.Text(set.Header.TypeName, 40)} of {Name(set)} is not known here");
        }

        // A rule that gives fewer dimensions, or is of the other family, does not match (ip_set_test).
        if (question.Sources.Count < type.Parts.Length || (type.HasFamily && set.Family != packet.Family))
        {
            return IpsetAnswer.No;
        }

        if (type.IsList)
        {
            return TestList(set, elements, all, packet, question);
        }

        var answer = elements.Count == 0 ? IpsetAnswer.No : TestElements(set, type, elements, packet, question);
        return set.Unread == 0 || (answer.Outcome == MatchOutcome.Yes && !type.HasNomatch) ? answer : Unread(set, "elements");
    }

    /// <summary>The element that contains a key, as <c>ipset test</c> decides it; -1 if none does.</summary>
    /// <param name="set">The set.</param>
    /// <param name="wanted">The key: a host is looked up by the longest prefix, a prefix only as it is.</param>
    public static int Find(NodeIpset set, IpsetElement wanted)
    {
        if (set.Type is not { } type || set.Elements is not { } elements)
        {
            return -1;
        }

        byte host = set.IsV6 ? (byte)128 : (byte)32;
        if (type.HasNomatch && (wanted.FirstLength != host || wanted.SecondLength != host))
        {
            for (int number = elements.Find(wanted); number >= 0; number = elements.Next(number))
            {
                var element = elements[number];
                if (!element.IsNomatch && (wanted.Name is null || wanted.Name == element.Name))
                {
                    return number;
                }
            }

            return -1;
        }

        if (type.MacIsValue)
        {
            return elements.Find(wanted) is >= 0 and int found && (!wanted.HasMac || elements[found].Mac == wanted.Mac) ? found : -1;
        }

        var question = new IpsetQuestion { Sources = [] };
        return Search(set, type, elements, ref wanted, question) is { Outcome: MatchOutcome.Yes } answer ? answer.Element : -1;
    }

    // Members in their order; the first that matches decides (list_set_ktest in ip_set_list_set.c).
    private static IpsetAnswer TestList(NodeIpset set, IpsetTable elements, IpsetCatalog all, in IpsetPacket packet, IpsetQuestion question)
    {
        IpsetAnswer? open = null;
        for (int i = 0; i < elements.Count; i++)
        {
            var member = elements[i];
            if (all.Find(member.Name!) is not { Type.IsList: not true } inner)
            {
                open ??= IpsetAnswer.Unknown($"{Name(set)} has {Printable.Text(member.Name!, 40)}, whose elements are not known");
                continue;
            }

            var answer = Test(inner, all, packet, question.WithoutCounters);
            var counters = answer.Outcome != MatchOutcome.No && set.Header.HasCounters
                ? question.TestCounters(member.Packets, member.Bytes) : MatchOutcome.Yes;
            if (answer.Outcome == MatchOutcome.Yes && counters == MatchOutcome.Yes)
            {
                return answer;
            }

            if (MatchOutcomes.Both(answer.Outcome, counters) == MatchOutcome.Unknown)
            {
                open ??= answer.Outcome == MatchOutcome.Unknown ? answer : CountersUnknown(set);
            }
        }

        return open ?? (set.Unread > 0 ? Unread(set, "members") : IpsetAnswer.No);
    }

    private static IpsetAnswer TestElements(NodeIpset set, IpsetType type, IpsetTable elements, in IpsetPacket packet,
        IpsetQuestion question)
    {
        var key = new IpsetElement { FirstLength = set.IsV6 ? (byte)128 : (byte)32, SecondLength = set.IsV6 ? (byte)128 : (byte)32 };
        IpsetAnswer? open = null;
        int address = 0, dimension = 0;
        foreach (var part in type.Parts)
        {
            bool isSource = question.Sources[dimension++];
            IpsetAnswer? stop = part switch
            {
                IpsetPart.Address or IpsetPart.Net => TakeAddress(set, type, packet, isSource, address++, ref key),
                IpsetPart.Port => TakePort(type, packet, isSource, ref key),
                IpsetPart.Mark => TakeMark(set, packet, ref key),
                IpsetPart.Interface => TakeInterface(packet, isSource, ref key),
                _ => TakeMac(packet),
            };
            if (stop is { Outcome: MatchOutcome.No } never)
            {
                return never;
            }

            open ??= stop;
        }

        // Without its hardware address an element of bitmap:ip,mac takes that of the first packet, and matches.
        if (type.MacIsValue && (packet.SourceKnown || !question.Sources[0]) && elements.Find(key) is var found
            && (found < 0 || !elements[found].HasMac))
        {
            return found < 0 ? IpsetAnswer.No : new IpsetAnswer(MatchOutcome.Yes, found);
        }

        return open ?? Search(set, type, elements, ref key, question);
    }

    private static IpsetAnswer? TakeAddress(NodeIpset set, IpsetType type, in IpsetPacket packet, bool isSource, int number,
        ref IpsetElement key)
    {
        if (isSource && !packet.SourceKnown)
        {
            return IpsetAnswer.Unknown("the packet's source address is not known");
        }

        var address = packet.Address(isSource);
        if (type.IsBitmap)
        {
            if (address < set.Header.RangeFirst || address > set.Header.RangeLast)
            {
                return IpsetAnswer.No;
            }

            address &= AddressBits.Mask(set.Header.NetMask ?? 32, IPFamily.IPv4);
        }
        else if (number == 0 || type.Parts is [IpsetPart.Net, IpsetPart.Net])
        {
            address &= set.HostMask;
        }

        // hash:ip has no address of zeros (hash_ip4_kadt, hash_ip6_kadt).
        if (type.Parts is [IpsetPart.Address] && !type.IsBitmap && address == 0)
        {
            return IpsetAnswer.No;
        }

        (key.First, key.Second) = number == 0 ? (address, key.Second) : (key.First, address);
        return null;
    }

    private static IpsetAnswer? TakePort(IpsetType type, in IpsetPacket packet, bool isSource, ref IpsetElement key)
    {
        if (type.IsBitmap)
        {
            if (packet.Protocol is not (IPProtocolName.Tcp or IPProtocolName.Udp))
            {
                return IpsetAnswer.No;
            }
        }
        else
        {
            // ip_set_get_ip4_port: the protocol 0 has no port.
            if (packet.Family != IPFamily.IPv6 && packet.Protocol == 0)
            {
                return IpsetAnswer.No;
            }

            key.Protocol = packet.Protocol;
        }

        if (packet.Port(isSource) is >= 0 and int port)
        {
            key.Port = (ushort)port;
            return null;
        }

        return IpsetAnswer.Unknown(packet.Protocol is IPProtocolName.Icmp or IPProtocolName.IcmpV6 ? "the packet's ICMP type is not given"
            : isSource ? "the packet's source port is not known" : "the packet's destination port is not known");
    }

    private static IpsetAnswer? TakeMark(NodeIpset set, in IpsetPacket packet, ref IpsetElement key)
    {
        uint mask = set.Header.MarkMask ?? uint.MaxValue;
        key.Mark = packet.Mark & mask;
        return (packet.MarkKnown & mask) == mask ? null : IpsetAnswer.Unknown("the packet's mark is not known");
    }

    private static IpsetAnswer? TakeInterface(in IpsetPacket packet, bool isSource, ref IpsetElement key)
    {
        key.Name = isSource ? packet.In : packet.Out;
        return key.Name switch
        {
            null => IpsetAnswer.Unknown($"the interface that the packet {(isSource ? "comes in" : "leaves")} by is not known"),
            "" => IpsetAnswer.No,
            _ => null,
        };
    }

    // A packet that is made here has no link-layer header, or one of zeros, and zeros never match.
    private static IpsetAnswer? TakeMac(in IpsetPacket packet) => packet.IsLocal ? IpsetAnswer.No
        : IpsetAnswer.Unknown("the packet's hardware address is not given");

    private static IpsetAnswer Search(NodeIpset set, IpsetType type, IpsetTable elements, ref IpsetElement key, IpsetQuestion question)
    {
        if (!type.HasNomatch)
        {
            return Bucket(set, elements, key, question, out _) ?? IpsetAnswer.No;
        }

        bool first = type.Parts[0] == IpsetPart.Net, second = type.Parts[^1] == IpsetPart.Net && type.Parts.Length > 1;
        var (firstAddress, secondAddress) = (key.First, key.Second);
        bool mayEnd = false;
        var outer = elements.Lengths(0);
        for (int i = 0; i < outer.Length; i++)
        {
            if (!first)
            {
                (key.Second, key.SecondLength) = (Cut(secondAddress, outer[i], set.Family), outer[i]);
            }
            else
            {
                (key.First, key.FirstLength) = (Cut(firstAddress, outer[i], set.Family), outer[i]);
            }

            var inner = first && second ? elements.Lengths(1) : outer.Slice(i, 1);
            foreach (byte length in inner)
            {
                if (first && second)
                {
                    (key.Second, key.SecondLength) = (Cut(secondAddress, length, set.Family), length);
                }

                if (Bucket(set, elements, key, question, out bool isLast) is { } answer)
                {
                    return mayEnd && answer.Outcome == MatchOutcome.Yes
                        ? IpsetAnswer.Unknown($"whether bridge ports of a smaller network in {Name(set)} end the search depends on its hash")
                        : answer;
                }

                if (isLast)
                {
                    return IpsetAnswer.No;
                }

                mayEnd |= type.IsMulti && HasPhysical(elements, key);
            }
        }

        return IpsetAnswer.No;
    }

    // A rule never looks for a bridge port (physdev:), but such an element ends the search if the hash puts it into the same bucket.
    private static bool HasPhysical(IpsetTable elements, IpsetElement key)
    {
        key.IsPhysical = true;
        return elements.Find(key) >= 0;
    }

    private static Bits128 Cut(Bits128 address, byte length, IPFamily family) => address & AddressBits.Mask(length, family);

    /// <summary>Looks at the elements with one key; null if none decides, so that the next length is tried.</summary>
    /// <param name="set">The set.</param>
    /// <param name="elements">Its elements.</param>
    /// <param name="key">The key.</param>
    /// <param name="question">What the rule wants to know.</param>
    /// <param name="isLast">
    /// hash:net,iface: the network is there, with other interfaces; shorter prefixes are not tried then (multi in mtype_test_cidrs).
    /// </param>
    private static IpsetAnswer? Bucket(NodeIpset set, IpsetTable elements, in IpsetElement key, IpsetQuestion question, out bool isLast)
    {
        isLast = false;
        for (int number = elements.Find(key); number >= 0; number = elements.Next(number))
        {
            var element = elements[number];
            if (set.Type is { IsMulti: true } && key.Name is { } name
                && !(element.IsWildcard ? name.StartsWith(element.Name!, StringComparison.Ordinal) : name == element.Name))
            {
                isLast = true;
                continue;
            }

            var counters = set.Header.HasCounters ? question.TestCounters(element.Packets, element.Bytes) : MatchOutcome.Yes;
            if (counters == MatchOutcome.Unknown)
            {
                return CountersUnknown(set);
            }

            if (counters == MatchOutcome.Yes)
            {
                return new IpsetAnswer(MatchOutcomes.Is(element.IsNomatch == (question.ReturnsNomatch && set.Type!.HasNomatch)), number);
            }

            isLast = false;
        }

        return null;
    }

    private static string Name(NodeIpset set) => $"the set {Printable.Text(set.Name, 40)}";

    private static IpsetAnswer Unread(NodeIpset set, string what) =>
        IpsetAnswer.Unknown($"{set.Unread} {what} of {Name(set)} could not be read");

    private static IpsetAnswer CountersUnknown(NodeIpset set) =>
        IpsetAnswer.Unknown($"the counters of {Name(set)} grow with the traffic");
}
