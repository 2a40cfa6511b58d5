using System.Globalization;
using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Ipset;

/// <summary>
/// Reads the output of <c>ipset save</c>, or of <c>ipset list</c>, line by line. A line that cannot be read is noted, and its set counts as
/// not fully known.
/// </summary>
public sealed class IpsetTextReader
{
    // As many as a kernel has: ip_set_id_t is of 16 bits, and its last value is none.
    private const int MostSets = 65_535;
    private readonly int _mostElements;
    private readonly HashSet<string> _lost = new(StringComparer.Ordinal);
    private NodeIpset? _set;
    private string? _listed;
    private string? _listedType;
    private bool _isInMembers;
    private int _elements;
    private int _line;

    /// <summary>Makes a reader.</summary>
    /// <param name="mostElements">The most elements of all sets that are kept; further ones count as not read.</param>
    public IpsetTextReader(int mostElements = int.MaxValue) => _mostElements = mostElements;

    /// <summary>The sets that were read so far.</summary>
    public IpsetCatalog Catalog { get; } = new() { IsKnown = true };

    /// <summary>Takes the next line.</summary>
    public void Read(ReadOnlySpan<char> line)
    {
        _line++;
        line = line.Trim();
        if (line.IsEmpty)
        {
            _isInMembers = false;
            return;
        }

        if (line.StartsWith("add ", StringComparison.Ordinal))
        {
            ReadAdd(line[4..]);
        }
        else if (line.StartsWith("create ", StringComparison.Ordinal))
        {
            var rest = line[7..];
            string name = Word(ref rest).ToString();
            Create(name, Word(ref rest).ToString(), rest);
        }
        else if (_isInMembers && _set is not null)
        {
            ReadElement(_set, line);
        }
        else
        {
            ReadListed(line);
        }
    }

    // "Name: x", "Type: hash:ip", "Header: family inet ...", "Members:" of ipset list; other words of it are passed over.
    private void ReadListed(ReadOnlySpan<char> line)
    {
        int colon = line.IndexOf(": ", StringComparison.Ordinal);
        var value = colon < 0 ? default : line[(colon + 2)..].Trim();
        switch (colon < 0 ? line : line[..colon])
        {
            case "Name":
                (_listed, _listedType, _set) = (value.ToString(), null, null);
                break;
            case "Type":
                _listedType = value.ToString();
                break;
            case "Header" when _listed is not null && _listedType is not null:
                Create(_listed, _listedType, value);
                break;
            case "Members:":
                _isInMembers = _set is not null;
                break;
            case "Revision" or "Size in memory" or "References" or "Number of entries" or "Header:" or "COMMIT":
                break;
            default:
                if (line[0] != '#')
                {
                    Problem("this is not a line of \"ipset save\" or \"ipset list\"", line);
                }

                break;
        }
    }

    private void ReadAdd(ReadOnlySpan<char> line)
    {
        var name = Word(ref line);
        if (_set is null || !name.SequenceEqual(_set.Name))
        {
            _set = Catalog.Find(name.ToString());
            if (_set is null)
            {
                // The set itself may be one that could not be read.
                if (_lost.Count < MostSets && _lost.Add(name.ToString()))
                {
                    Problem("no line before creates this set", name);
                }

                return;
            }
        }

        ReadElement(_set, line);
    }

    private void ReadElement(NodeIpset set, ReadOnlySpan<char> line)
    {
        var key = Word(ref line);
        if (set.Type is null)
        {
            set.AddUnread();
        }
        else if (_elements >= _mostElements)
        {
            set.AddUnread();
            if (_elements++ == _mostElements)
            {
                Problem("there are more elements than are read", key);
            }
        }
        else if (IpsetKeyText.TryParse(set, key, out var element) && TryExtensions(line, ref element))
        {
            _elements++;
            set.Add(element);
        }
        else
        {
            set.AddUnread();
            Problem($"this is not an element of type {set.Type.Name}", key);
        }
    }

    private static bool TryExtensions(ReadOnlySpan<char> line, ref IpsetElement element)
    {
        bool isRead = true;
        while (isRead && Word(ref line) is { IsEmpty: false } word)
        {
            switch (word)
            {
                case "nomatch":
                    element.IsNomatch = true;
                    break;
                case "wildcard":
                    element.IsWildcard = true;
                    break;
                case "timeout":
                    isRead = uint.TryParse(Word(ref line), NumberStyles.None, CultureInfo.InvariantCulture, out uint timeout);
                    element.Timeout = timeout;
                    break;
                case "packets":
                    isRead = ulong.TryParse(Word(ref line), NumberStyles.None, CultureInfo.InvariantCulture, out ulong packets);
                    element.Packets = packets;
                    break;
                case "bytes":
                    isRead = ulong.TryParse(Word(ref line), NumberStyles.None, CultureInfo.InvariantCulture, out ulong bytes);
                    element.Bytes = bytes;
                    break;
                case "comment":
                    element.Comment = Comment(ref line);
                    break;
                case "skbmark":
                    isRead = TryMark(Word(ref line), out ulong mark);
                    element.SkbMark = mark;
                    break;
                case "skbprio":
                    isRead = TryPriority(Word(ref line), out uint priority);
                    element.SkbPriority = priority;
                    break;
                case "skbqueue":
                    isRead = ushort.TryParse(Word(ref line), NumberStyles.None, CultureInfo.InvariantCulture, out ushort queue);
                    element.SkbQueue = queue;
                    break;
                default:
                    return false;
            }
        }

        return isRead;
    }

    private void Create(string name, string type, ReadOnlySpan<char> options)
    {
        _set = null;
        if (name.Length is 0 or > 31 || type.Length is 0 or > 31 || Printable.Text(name) != name)
        {
            Problem("a set has a name and a type of at most 31 characters", name);
            return;
        }

        if (!TryHeader(name, type, options, out var header))
        {
            // Nothing can be looked up in it, but it is there.
            header = new IpsetHeader { Name = name, TypeName = type + " (its options could not be read)" };
            Problem("the options of this set could not be read", options);
        }

        var set = new NodeIpset(header);
        if (Catalog.Sets.Count >= MostSets || !Catalog.Add(set))
        {
            Problem("this set is there twice, or there are too many", name);
            return;
        }

        _set = set;
    }

    private static bool TryHeader(string name, string type, ReadOnlySpan<char> options, out IpsetHeader header)
    {
        bool isBitmap = type.StartsWith("bitmap:", StringComparison.Ordinal);
        bool hasFamily = IpsetType.Find(type) is { HasFamily: true };
        header = new IpsetHeader { Name = name, TypeName = type, Family = hasFamily ? IPFamily.IPv4 : IPFamily.Unspecified };
        bool isRead = true, hasRange = false;
        while (isRead && Word(ref options) is { IsEmpty: false } word)
        {
            switch (word)
            {
                case "counters":
                    header = header with { HasCounters = true };
                    break;
                case "comment":
                    header = header with { HasComment = true };
                    break;
                case "skbinfo":
                    header = header with { HasSkbInfo = true };
                    break;
                case "forceadd":
                    header = header with { ForceAdd = true };
                    break;
                case "range":
                    isRead = hasRange = TryRange(Word(ref options), type == "bitmap:port", ref header);
                    break;
                case "family":
                    isRead = TryFamily(Word(ref options), hasFamily, ref header);
                    break;
                case "bitmask":
                    isRead = IPAddress.TryParse(Word(ref options), out var mask);
                    header = header with { BitMask = mask };
                    break;
                default:
                    isRead = IpsetKeyText.TryNumber(Word(ref options), out uint number) && TryNumber(word, number, ref header);
                    break;
            }
        }

        return isRead && isBitmap == hasRange && header.NetMask is null or <= 128;
    }

    private static bool TryNumber(ReadOnlySpan<char> word, uint number, ref IpsetHeader header)
    {
        IpsetHeader? made = word switch
        {
            "hashsize" => header with { HashSize = number },
            "maxelem" => header with { MaxElements = number },
            "timeout" => header with { Timeout = number },
            "bucketsize" when number <= byte.MaxValue => header with { BucketSize = (byte)number },
            "initval" => header with { InitialValue = number },
            "netmask" when number <= 128 => header with { NetMask = (byte)number },
            "markmask" => header with { MarkMask = number },
            "size" => header with { Size = number },

            // Of old versions; they decide nothing.
            "probes" or "resize" or "gc" => header,
            _ => null,
        };
        header = made ?? header;
        return made is not null;
    }

    private static bool TryFamily(ReadOnlySpan<char> word, bool hasFamily, ref IpsetHeader header)
    {
        IPFamily? family = word switch { "inet" or "ipv4" or "-4" => IPFamily.IPv4, "inet6" or "ipv6" or "-6" => IPFamily.IPv6,
            "unspec" => IPFamily.Unspecified, _ => null };
        if (family is { } known && hasFamily)
        {
            header = header with { Family = known };
        }

        return family is not null;
    }

    private static bool TryRange(ReadOnlySpan<char> word, bool isPort, ref IpsetHeader header)
    {
        int dash = word.IndexOf('-');
        if (dash < 0)
        {
            return false;
        }

        if (isPort)
        {
            bool isRead = ushort.TryParse(word[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out ushort first)
                & ushort.TryParse(word[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort last);
            header = header with { RangeFirst = first, RangeLast = last };
            return isRead;
        }

        bool areRead = AddressBits.TryParse(word[..dash], IPFamily.IPv4, out var low)
            & AddressBits.TryParse(word[(dash + 1)..], IPFamily.IPv4, out var high);
        header = header with { RangeFirst = (uint)low, RangeLast = (uint)high };
        return areRead;
    }

    private static bool TryMark(ReadOnlySpan<char> word, out ulong mark)
    {
        int slash = word.IndexOf('/');
        uint mask = uint.MaxValue;
        bool isRead = IpsetKeyText.TryNumber(slash < 0 ? word : word[..slash], out uint value)
            & (slash < 0 || IpsetKeyText.TryNumber(word[(slash + 1)..], out mask));
        mark = ((ulong)value << 32) | mask;
        return isRead;
    }

    private static bool TryPriority(ReadOnlySpan<char> word, out uint priority)
    {
        int colon = word.IndexOf(':');
        priority = 0;
        if (colon < 0
            || !ushort.TryParse(word[..colon], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort major)
            || !ushort.TryParse(word[(colon + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort minor))
        {
            return false;
        }

        priority = ((uint)major << 16) | minor;
        return true;
    }

    private static string Comment(ref ReadOnlySpan<char> line)
    {
        line = line.TrimStart(' ');
        if (line.IsEmpty || line[0] != '"')
        {
            return Word(ref line).ToString();
        }

        int end = line[1..].IndexOf('"');
        var comment = end < 0 ? line[1..] : line.Slice(1, end);
        line = end < 0 ? default : line[(end + 2)..];
        return comment.ToString();
    }

    private static ReadOnlySpan<char> Word(ref ReadOnlySpan<char> line)
    {
        line = line.TrimStart(' ');
        int blank = line.IndexOf(' ');
        var word = blank < 0 ? line : line[..blank];
        line = blank < 0 ? default : line[(blank + 1)..];
        return word;
    }

    private void Problem(string what, ReadOnlySpan<char> text) =>
        Catalog.AddProblem(string.Create(CultureInfo.InvariantCulture,
            $"line {_line}: {what}: {Printable.Text(text.Length > 80 ? text[..80].ToString() : text.ToString(), 80)}"));
}
