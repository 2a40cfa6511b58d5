using K8sNetfilter.Addressing;
using K8sNetfilter.Ipset;
using K8sNetfilter.Text;

namespace K8sNetfilter.Sets;

/// <summary>The sets of ipset(8) as Get-NetfilterSet shows them.</summary>
/// <param name="source">Reads them.</param>
public sealed class IpsetSets(IIpsetSource source) : INetfilterSetSource
{
    /// <inheritdoc/>
    public IReadOnlyList<NetfilterSet>? ReadSets(Action<string> warn, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(warn);
        var sets = source.ReadIpsets(cancellation);
        foreach (string problem in sets.Problems)
        {
            warn($"ipset: {problem}");
        }

        return sets.IsKnown ? [.. sets.Sets.Select(s => Make(s, sets))] : null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ReadNames(CancellationToken cancellation) => source.ReadIpsetNames(cancellation);

    private static NetfilterSet Make(NodeIpset set, IpsetCatalog all) => new(value => Find(set, all, value))
    {
        Family = set.Family == IPFamily.Unspecified ? null : set.Family.ToString(),
        Name = Printable.Text(set.Name),
        Kind = NetfilterSetKind.IpSet,
        KeyType = Printable.Text(set.Header.TypeName),
        Flags = [.. Flags(set.Header)],
        Timeout = set.Header.Timeout,
        Elements = new IpsetElementList(set),
        IPFamily = set.Family,
    };

    // What the tool writes after "create", without the family and the timeout, which have properties of their own.
    private static IEnumerable<string> Flags(IpsetHeader header)
    {
        string[] words = IpsetText.Options(header).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < words.Length; i++)
        {
            bool isAlone = words[i] is "counters" or "comment" or "skbinfo" or "forceadd";
            if (words[i] is not ("family" or "timeout"))
            {
                yield return isAlone ? words[i] : $"{words[i]} {words[i + 1]}";
            }

            i += isAlone ? 0 : 1;
        }
    }

    // As "ipset test": an address by the longest prefix, a prefix only as it is. A list contains its members and what they contain.
    private static NetfilterSetElement? Find(NodeIpset set, IpsetCatalog all, string value)
    {
        if (!IpsetKeyText.TryParse(set, value, out var wanted))
        {
            return set.Type is { IsList: true } ? InMembers(set, all, value) : null;
        }

        int number = IpsetLookup.Find(set, wanted);
        return number >= 0 ? IpsetElementList.Make(set, set[number]) : set.Type is { IsList: true } ? InMembers(set, all, value) : null;
    }

    private static NetfilterSetElement? InMembers(NodeIpset list, IpsetCatalog all, string value)
    {
        for (int i = 0; i < list.Count; i++)
        {
            if (all.Find(list[i].Name!) is { Type.IsList: not true } member && Find(member, all, value) is not null)
            {
                return IpsetElementList.Make(list, list[i]);
            }
        }

        return null;
    }
}
