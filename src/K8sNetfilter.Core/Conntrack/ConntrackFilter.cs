using System.Globalization;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Conntrack;

/// <summary>
/// Which entries are asked for. Each list is "any of these", all together must hold, and an empty list (or null) asks nothing. The kernel
/// is given what it can decide by itself; <see cref="Matches"/> decides everything, so the answer is the same on a kernel that can decide
/// less.
/// </summary>
public sealed class ConntrackFilter
{
    // Arrays, since each entry of a million is held against them.
    private readonly byte[] _protocols = [];
    private readonly AddressPrefix[] _sources = [];
    private readonly AddressPrefix[] _destinations = [];
    private readonly AddressPrefix[] _replySources = [];
    private readonly ushort[] _sourcePorts = [];
    private readonly ushort[] _destinationPorts = [];
    private readonly string[] _states = [];

    /// <summary>A filter that everything passes.</summary>
    public static ConntrackFilter All { get; } = new();

    /// <summary>The family; <see cref="IPFamily.Unspecified"/> for both.</summary>
    public IPFamily Family { get; init; }

    /// <summary>Protocol numbers.</summary>
    public IReadOnlyList<byte> Protocols
    {
        get => _protocols;
        init => _protocols = [.. value];
    }

    /// <summary>Source of the original direction.</summary>
    public IReadOnlyList<AddressPrefix> Sources
    {
        get => _sources;
        init => _sources = [.. value];
    }

    /// <summary>Destination of the original direction.</summary>
    public IReadOnlyList<AddressPrefix> Destinations
    {
        get => _destinations;
        init => _destinations = [.. value];
    }

    /// <summary>Source of the reply direction: the endpoint behind a Service.</summary>
    public IReadOnlyList<AddressPrefix> ReplySources
    {
        get => _replySources;
        init => _replySources = [.. value];
    }

    /// <summary>Source ports of the original direction.</summary>
    public IReadOnlyList<ushort> SourcePorts
    {
        get => _sourcePorts;
        init => _sourcePorts = [.. value];
    }

    /// <summary>Destination ports of the original direction.</summary>
    public IReadOnlyList<ushort> DestinationPorts
    {
        get => _destinationPorts;
        init => _destinationPorts = [.. value];
    }

    /// <summary>States in conntrack's words; case and <c>_</c> do not matter.</summary>
    public IReadOnlyList<string> States
    {
        get => _states;
        init => _states = [.. value.Select(Plain)];
    }

    /// <summary>The mark that is asked for; only the bits of <see cref="MarkMask"/> count. Null asks nothing.</summary>
    public uint? Mark { get; init; }

    /// <summary>Which bits of the mark count.</summary>
    public uint MarkMask { get; init; } = uint.MaxValue;

    /// <summary>The zone, in whatever direction it counts. Null asks nothing.</summary>
    public ushort? Zone { get; init; }

    /// <summary>True for entries that saw no reply, false for those that did, null for both.</summary>
    public bool? Unreplied { get; init; }

    /// <summary>True for entries whose source or destination is translated, false for the others, null for both.</summary>
    public bool? Translated { get; init; }

    /// <summary>Whether an entry passes.</summary>
    public bool Matches(in ConntrackRecord record)
    {
        if (ReferenceEquals(this, All))
        {
            return true;
        }

        if ((Family != IPFamily.Unspecified && record.Family != Family)
            || (Mark is { } mark && (record.Mark & MarkMask) != mark)
            || (Zone is { } zone && record.Zone != zone)
            || (Unreplied is { } unreplied && ((record.Status & ConntrackStatus.SeenReply) == 0) != unreplied)
            || (Translated is { } translated
                && ((record.Status & (ConntrackStatus.SourceNat | ConntrackStatus.DestinationNat)) != 0) != translated))
        {
            return false;
        }

        return HasAny(_protocols, record.Protocol)
            && HasAny(_sources, record.Family, record.Original.Source)
            && HasAny(_destinations, record.Family, record.Original.Destination)
            && HasAny(_replySources, record.Family, record.Reply.Source)
            && (_sourcePorts.Length == 0 || (HasPorts(record.Protocol) && HasAny(_sourcePorts, record.Original.First)))
            && (_destinationPorts.Length == 0 || (HasPorts(record.Protocol) && HasAny(_destinationPorts, record.Original.Second)))
            && (_states.Length == 0 || HasState(record));
    }

    /// <summary>Reads a mark with an optional mask: <c>16384</c>, <c>0x4000</c>, <c>0x4000/0x4000</c>, as iptables(8) takes it.</summary>
    /// <returns>False where it is neither, or where the value has bits that the mask leaves out, which no entry could match.</returns>
    public static bool TryParseMark(ReadOnlySpan<char> text, out uint value, out uint mask)
    {
        mask = uint.MaxValue;
        int slash = text.IndexOf('/');
        return TryParseNumber(slash < 0 ? text : text[..slash], out value)
            && (slash < 0 || TryParseNumber(text[(slash + 1)..], out mask))
            && (value & ~mask) == 0;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> text, out uint number)
    {
        text = text.Trim();
        return text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? uint.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static bool HasPorts(byte protocol) => protocol is IPProtocolName.Tcp or IPProtocolName.Udp or IPProtocolName.Sctp
        or IPProtocolName.Dccp or IPProtocolName.UdpLite;

    private static string Plain(string state) => state.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();

    private bool HasState(in ConntrackRecord record)
    {
        string? name = record.Has(ConntrackParts.State) ? ConntrackState.Name(record.Protocol, record.State) : null;
        return name is not null && Array.IndexOf(_states, Plain(name)) >= 0;
    }

    private static bool HasAny(AddressPrefix[] prefixes, IPFamily family, Bits128 address)
    {
        foreach (ref readonly var prefix in prefixes.AsSpan())
        {
            if (prefix.Contains(family, address))
            {
                return true;
            }
        }

        return prefixes.Length == 0;
    }

    private static bool HasAny<T>(T[] wanted, T value)
        where T : struct, IEquatable<T> => wanted.Length == 0 || wanted.AsSpan().Contains(value);
}
