using System.Globalization;
using System.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Ipset;

/// <summary>Writes sets in the form of <c>ipset save</c>, which <c>ipset restore</c> reads.</summary>
public static class IpsetText
{
    /// <summary>Writes all sets. A list comes after its members, as the kernel dumps them.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="sets">The sets.</param>
    /// <param name="cancellation">Ends the writing.</param>
    public static void Write(TextWriter output, IpsetCatalog sets, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(sets);
        foreach (var set in sets.Sets.Where(s => s.Type is { IsList: false }).Concat(sets.Sets.Where(s => s.Type is { IsList: true })))
        {
            // Netlink takes names and comments that the tool would not, and one with a line break would be a line of its own.
            string name = Printable.Text(set.Name);
            output.Write(Printable.Text(Create(set)));
            output.Write('\n');
            for (int i = 0; i < set.Elements!.Count; i++)
            {
                if ((i & 0xfff) == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                }

                var element = set.Elements[i];
                output.Write("add ");
                output.Write(name);
                output.Write(' ');
                output.Write(Printable.Text(IpsetKeyText.Format(set, element)));
                output.Write(Extensions(set, element));
                output.Write('\n');
            }
        }
    }

    /// <summary>The line that creates a set.</summary>
    internal static string Create(NodeIpset set) => $"create {set.Name} {set.Header.TypeName}{Options(set.Header)}";

    /// <summary>The options of a set, in the tool's order, each after a blank.</summary>
    internal static string Options(IpsetHeader header)
    {
        var text = new StringBuilder();
        bool isPort = header.TypeName == "bitmap:port";
        if (header.TypeName.StartsWith("bitmap:", StringComparison.Ordinal))
        {
            string Bound(uint value) => isPort ? value.ToString(CultureInfo.InvariantCulture)
                : AddressBits.ToAddress(value, IPFamily.IPv4).ToString();
            text.Append(" range ").Append(Bound(header.RangeFirst)).Append('-').Append(Bound(header.RangeLast));
        }

        Append("family", header.Family switch { IPFamily.IPv4 when header.HashSize is not null => "inet", IPFamily.IPv6 => "inet6", _ =>
            null });
        Append("hashsize", header.HashSize);
        Append("maxelem", header.MaxElements);
        Append("netmask", header.NetMask);
        Append("bitmask", header.BitMask);
        Append("markmask", header.MarkMask is { } mark ? string.Create(CultureInfo.InvariantCulture, $"0x{mark:x8}") : null);
        Append("size", header.Size);
        Append("timeout", header.Timeout);
        text.Append(header.HasCounters ? " counters" : "").Append(header.HasComment ? " comment" : "");
        text.Append(header.ForceAdd ? " forceadd" : "").Append(header.HasSkbInfo ? " skbinfo" : "");
        Append("bucketsize", header.BucketSize);
        Append("initval", header.InitialValue is { } start ? string.Create(CultureInfo.InvariantCulture, $"0x{start:x8}") : null);
        return text.ToString();

        void Append(string word, object? value)
        {
            if (value is not null)
            {
                text.Append(' ').Append(word).Append(' ').Append(CultureInfo.InvariantCulture, $"{value}");
            }
        }
    }

    /// <summary>What an element has beside its key, each after a blank.</summary>
    internal static string Extensions(NodeIpset set, in IpsetElement element)
    {
        var header = set.Header;
        if (header is { Timeout: null, HasCounters: false, HasComment: false, HasSkbInfo: false }
            && element is { IsNomatch: false, IsWildcard: false })
        {
            return "";
        }

        var text = new StringBuilder();
        if (header.Timeout is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $" timeout {element.Timeout}");
        }

        text.Append(element.IsNomatch ? " nomatch" : "").Append(element.IsWildcard ? " wildcard" : "");
        if (header.HasCounters)
        {
            text.Append(CultureInfo.InvariantCulture, $" packets {element.Packets} bytes {element.Bytes}");
        }

        if (element.Comment is { } comment)
        {
            text.Append(" comment \"").Append(Printable.Text(comment)).Append('"');
        }

        if (element.SkbMark != 0)
        {
            uint mark = (uint)(element.SkbMark >> 32), mask = (uint)element.SkbMark;
            text.Append(CultureInfo.InvariantCulture, $" skbmark 0x{mark:x}").Append(mask == uint.MaxValue ? ""
                : string.Create(CultureInfo.InvariantCulture, $"/0x{mask:x}"));
        }

        if (element.SkbPriority != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" skbprio {element.SkbPriority >> 16:x}:{element.SkbPriority & 0xffff:x}");
        }

        return element.SkbQueue == 0 ? text.ToString()
            : text.Append(CultureInfo.InvariantCulture, $" skbqueue {element.SkbQueue}").ToString();
    }
}
