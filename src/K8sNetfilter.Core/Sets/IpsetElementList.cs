using System.Collections;
using K8sNetfilter.Ipset;
using K8sNetfilter.Text;

namespace K8sNetfilter.Sets;

/// <summary>The elements of a set of ipset(8): an object is made for one when it is read.</summary>
internal sealed class IpsetElementList(NodeIpset set) : IReadOnlyList<NetfilterSetElement>
{
    public int Count => set.Elements?.Count ?? 0;

    public NetfilterSetElement this[int index] => Make(set, set[index]);

    public IEnumerator<NetfilterSetElement> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    /// <summary>The first elements, for a cell of a table.</summary>
    public override string ToString()
    {
        const int Most = 100;
        return string.Join(", ", this.Take(Most)) + (Count > Most ? ", ..." : "");
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Makes the object of one element.</summary>
    public static NetfilterSetElement Make(NodeIpset set, in IpsetElement element) => new()
    {
        Key = Printable.Text(IpsetKeyText.Format(set, element)),
        IsException = element.IsNomatch,
        Expires = set.Header.Timeout is null || element.Timeout == 0 ? null : element.Timeout,
        Packets = set.Header.HasCounters ? element.Packets : null,
        Bytes = set.Header.HasCounters ? element.Bytes : null,
        Comment = element.Comment is { } comment ? Printable.Text(comment) : null,
    };
}
