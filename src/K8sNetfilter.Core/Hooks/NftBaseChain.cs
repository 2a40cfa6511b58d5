using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Text;

namespace K8sNetfilter.Hooks;

/// <summary>A chain that stands on a hook: of nf_tables, or of legacy ebtables or arptables.</summary>
/// <param name="Layer">Whose hook it is.</param>
/// <param name="Family">The family; unspecified for one of both (inet), and for that of a bridge, a device or ARP.</param>
/// <param name="Table">The table.</param>
/// <param name="Name">The chain.</param>
/// <param name="Type">filter, nat or route.</param>
/// <param name="Point">The hook.</param>
/// <param name="Priority">Lower runs first.</param>
/// <param name="RuleCount">How many rules it has itself; null where that was not counted.</param>
public sealed record NftBaseChain(
    HookLayer Layer, IPFamily Family, string Table, string Name, string Type, HookPoint Point, int Priority, int? RuleCount)
{
    /// <summary>False for one whose policy is to drop; null where that is not known.</summary>
    public bool? Accepts { get; init; }

    /// <summary>The table is of the family inet, also where the hook is that of a device.</summary>
    public bool IsInet { get; init; }

    /// <summary>
    /// The devices of a hook of devices; a name that ends in <c>*</c> means all names with that start. Null if they are not known, or the
    /// hook is not one of devices.
    /// </summary>
    public IReadOnlyList<string>? Devices { get; init; }

    /// <summary>Its table is dormant, so that no packet meets it; null where that is not known.</summary>
    public bool? IsDormant { get; init; } = false;

    /// <summary>What it does to every packet.</summary>
    public ChainEffect Effect { get; init; }

    /// <summary>Whose chain it is.</summary>
    public NetfilterBackend Backend { get; init; } = NetfilterBackend.Nft;

    /// <summary>True for one as iptables-nft makes it: with the name of the hook, and the table's place there.</summary>
    public bool IsOfIptables =>
        Layer == HookLayer.IP && Family != IPFamily.Unspecified && Point <= HookPoint.Postrouting && Name == HookOrder.Names[(int)Point]
        && HookOrder.Priority(Table, (int)Point, NetfilterBackend.Nft) == Priority && (Table == "nat") == (Type == "nat");

    /// <summary>The family of its table.</summary>
    public HookFamily HookFamily => (Layer, Family) switch
    {
        (HookLayer.Bridge, _) => HookFamily.Bridge,
        (HookLayer.Arp, _) => HookFamily.Arp,
        (HookLayer.Netdev, _) when !IsInet => HookFamily.Netdev,
        (HookLayer.IP, IPFamily.IPv4) => HookFamily.IPv4,
        (HookLayer.IP, IPFamily.IPv6) => HookFamily.IPv6,
        _ => HookFamily.Inet,
    };

    /// <summary>The family of its table, as nft(8) writes it.</summary>
    public string TableFamily => HookFamily switch
    {
        HookFamily.IPv4 => "ip",
        HookFamily.IPv6 => "ip6",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>The chain in words.</summary>
    public string Text
    {
        get
        {
            string hook = Point.ToString().ToLowerInvariant(), chain = Printable.Text(Name), table = Printable.Text(Table);
            return Backend == NetfilterBackend.Legacy
                ? HookMessages.LegacyChain(chain, Layer == HookLayer.Arp ? "arptables" : "ebtables", table, hook)
                : Layer != HookLayer.Netdev ? HookMessages.NftChain(chain, TableFamily, table, hook)
                : Devices is { Count: > 0 } names
                    ? HookMessages.NftDeviceChain(chain, TableFamily, table, hook, Printable.Text(string.Join(", ", names), 60))
                    : HookMessages.NftUnnamedDeviceChain(chain, TableFamily, table, hook);
        }
    }

    /// <summary>Whether packets of a device meet it; null where that is not known.</summary>
    /// <param name="device">The device; null where it is not known.</param>
    public bool? IsOn(string? device)
    {
        if (Layer != HookLayer.Netdev)
        {
            return true;
        }

        if (Devices is null || device is null)
        {
            return null;
        }

        foreach (string name in Devices)
        {
            if (name.EndsWith('*') ? device.StartsWith(name[..^1], StringComparison.Ordinal) : name == device)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The command that shows its rules, or null if a name can't be put into a command line.</summary>
    public string? Command => !IsWord(Table) || !IsWord(Name) ? null
        : Backend == NetfilterBackend.Legacy ? $"{(Layer == HookLayer.Arp ? "arptables-legacy" : "ebtables-legacy")} -t {Table} -L {Name}"
        : $"nft -a list chain {TableFamily} {Table} {Name}";

    private static bool IsWord(string name) => name.Length > 0 && name[0] != '-'
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
