using System.Buffers.Binary;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Ipset;

/// <summary>
/// The elements of one set: keys of a fixed width in one array, and an index over them with open addressing. A set of 1,000,000 IPv4
/// addresses takes about 13 MB.
/// </summary>
internal sealed class IpsetTable
{
    private const int MostKey = 48;
    private const byte Nomatch = 1;
    private const byte Wildcard = 2;
    private const byte MacKnown = 4;

    private readonly IpsetType _type;
    private readonly int _width;
    private readonly int _keyLength;
    private readonly int _stride;
    private readonly IpsetExtensions _extensions;
    private readonly List<string> _names = [];
    private readonly Dictionary<string, int> _nameNumbers = new(StringComparer.Ordinal);
    private readonly int[][] _lengthCounts = [new int[129], new int[129]];
    private readonly byte[]?[] _lengths = new byte[]?[2];
    private byte[] _keys = [];
    private int[] _slots = new int[16];

    // Elements with the same key: the next one, and of the first the last.
    private int[] _next = [];
    private int[] _last = [];

    public IpsetTable(IpsetType type, IpsetHeader header)
    {
        _type = type;
        _width = header.Family == IPFamily.IPv6 ? 16 : 4;
        foreach (var part in type.Parts)
        {
            _keyLength += part switch
            {
                IpsetPart.Address => _width,
                IpsetPart.Net => _width + 1,
                IpsetPart.Port => 3,
                IpsetPart.Mac => type.MacIsValue ? 0 : 6,
                IpsetPart.Interface => 1,
                _ => 4,
            };
        }

        _stride = _keyLength + 1 + (type.IsMulti ? 4 : 0) + (type.MacIsValue ? 6 : 0);
        _extensions = new IpsetExtensions(header);
    }

    /// <summary>How many elements there are.</summary>
    public int Count { get; private set; }

    /// <summary>The prefix lengths that elements have in a dimension, the longest first.</summary>
    public ReadOnlySpan<byte> Lengths(int net)
    {
        if (_lengths[net] is not { } known)
        {
            var list = new List<byte>();
            for (int length = 128; length >= 0; length--)
            {
                if (_lengthCounts[net][length] > 0)
                {
                    list.Add((byte)length);
                }
            }

            _lengths[net] = known = [.. list];
        }

        return known;
    }

    /// <summary>Adds an element, or replaces the one with the same key.</summary>
    public void Add(in IpsetElement element)
    {
        Span<byte> key = stackalloc byte[MostKey];
        key = key[..WriteKey(element, key, element.Name is { } name && _type.IsList ? NameNumber(name) : -1)];
        int slot = Slot(key);
        int number = _slots[slot] - 1;
        if (number >= 0 && !_type.IsMulti)
        {
            Write(number, key, element);
            return;
        }

        int added = Count;
        Grow();
        Count++;
        Write(added, key, element);
        CountLengths(element);
        if (_type.IsMulti)
        {
            Link(number, added);
        }

        if (number < 0)
        {
            _slots[slot] = added + 1;
            if (Count * 4L > _slots.Length * 3L)
            {
                Rehash();
            }
        }
    }

    /// <summary>The first element with the key of another; -1 if there is none.</summary>
    public int Find(in IpsetElement wanted)
    {
        Span<byte> key = stackalloc byte[MostKey];
        key = key[..WriteKey(wanted, key, wanted.Name is { } name && _nameNumbers.TryGetValue(name, out int named) ? named : -1)];
        return _slots[Slot(key)] - 1;
    }

    /// <summary>The next element that differs in the interface alone; -1 if there is none.</summary>
    public int Next(int number) => _type.IsMulti ? _next[number] : -1;

    /// <summary>An element, taken apart.</summary>
    public IpsetElement this[int number]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)number, (uint)Count, nameof(number));
            var element = Read(_keys.AsSpan(number * _stride, _stride));
            _extensions.Read(number, ref element);
            return element;
        }
    }

    private int WriteKey(in IpsetElement element, Span<byte> key, int name)
    {
        int at = 0, address = 0;
        foreach (var part in _type.Parts)
        {
            switch (part)
            {
                case IpsetPart.Address or IpsetPart.Net:
                    var bits = address == 0 ? element.First : element.Second;
                    WriteAddress(bits, key.Slice(at, _width));
                    at += _width;
                    if (part == IpsetPart.Net)
                    {
                        key[at++] = address == 0 ? element.FirstLength : element.SecondLength;
                    }

                    address++;
                    break;
                case IpsetPart.Port:
                    key[at] = element.Protocol;
                    BinaryPrimitives.WriteUInt16LittleEndian(key[(at + 1)..], element.Port);
                    at += 3;
                    break;
                case IpsetPart.Mac when !_type.MacIsValue:
                    WriteMac(element.Mac, key[at..]);
                    at += 6;
                    break;
                case IpsetPart.Interface:
                    key[at++] = element.IsPhysical ? (byte)1 : (byte)0;
                    break;
                case IpsetPart.Mark:
                    BinaryPrimitives.WriteUInt32LittleEndian(key[at..], element.Mark);
                    at += 4;
                    break;
                case IpsetPart.Set:
                    BinaryPrimitives.WriteInt32LittleEndian(key[at..], name);
                    at += 4;
                    break;
            }
        }

        return at;
    }

    private void Write(int number, ReadOnlySpan<byte> key, in IpsetElement element)
    {
        var row = _keys.AsSpan(number * _stride, _stride);
        key.CopyTo(row);
        row[_keyLength] = (byte)((element.IsNomatch ? Nomatch : 0) | (element.IsWildcard ? Wildcard : 0) | (element.HasMac ? MacKnown : 0));
        if (_type.IsMulti)
        {
            BinaryPrimitives.WriteInt32LittleEndian(row[(_keyLength + 1)..], NameNumber(element.Name ?? ""));
        }
        else if (_type.MacIsValue)
        {
            WriteMac(element.Mac, row[(_keyLength + 1)..]);
        }

        _extensions.Write(number, element);
    }

    private IpsetElement Read(ReadOnlySpan<byte> row)
    {
        var element = new IpsetElement { FirstLength = (byte)(_width * 8), SecondLength = (byte)(_width * 8) };
        byte flags = row[_keyLength];
        (element.IsNomatch, element.IsWildcard, element.HasMac) =
            ((flags & Nomatch) != 0, (flags & Wildcard) != 0, (flags & MacKnown) != 0);
        int at = 0, address = 0;
        foreach (var part in _type.Parts)
        {
            switch (part)
            {
                case IpsetPart.Address or IpsetPart.Net:
                    var bits = ReadAddress(row.Slice(at, _width));
                    at += _width;
                    byte length = part == IpsetPart.Net ? row[at++] : (byte)(_width * 8);
                    if (address++ == 0)
                    {
                        (element.First, element.FirstLength) = (bits, length);
                    }
                    else
                    {
                        (element.Second, element.SecondLength) = (bits, length);
                    }

                    break;
                case IpsetPart.Port:
                    (element.Protocol, element.Port) = (row[at], BinaryPrimitives.ReadUInt16LittleEndian(row[(at + 1)..]));
                    at += 3;
                    break;
                case IpsetPart.Mac when _type.MacIsValue:
                    element.Mac = ReadMac(row[(_keyLength + 1)..]);
                    break;
                case IpsetPart.Mac:
                    element.Mac = ReadMac(row[at..]);
                    at += 6;
                    break;
                case IpsetPart.Interface:
                    element.IsPhysical = row[at++] != 0;
                    element.Name = _names[BinaryPrimitives.ReadInt32LittleEndian(row[(_keyLength + 1)..])];
                    break;
                case IpsetPart.Mark:
                    element.Mark = BinaryPrimitives.ReadUInt32LittleEndian(row[at..]);
                    at += 4;
                    break;
                case IpsetPart.Set:
                    element.Name = _names[BinaryPrimitives.ReadInt32LittleEndian(row[at..])];
                    at += 4;
                    break;
            }
        }

        return element;
    }

    private void CountLengths(in IpsetElement element)
    {
        int net = 0, address = 0;
        foreach (var part in _type.Parts)
        {
            if (part == IpsetPart.Net)
            {
                byte length = address == 0 ? element.FirstLength : element.SecondLength;
                if (_lengthCounts[net++][Math.Min(length, (byte)128)]++ == 0)
                {
                    Array.Clear(_lengths);
                }
            }

            address += part is IpsetPart.Net or IpsetPart.Address ? 1 : 0;
        }
    }

    // The kernel keeps elements with one key in the order in which they came, and looks at them in that order.
    private void Link(int first, int added)
    {
        _next[added] = -1;
        _last[added] = added;
        if (first >= 0)
        {
            _next[_last[first]] = added;
            _last[first] = added;
        }
    }

    private void Grow()
    {
        if ((Count + 1L) * _stride > _keys.Length)
        {
            long size = Math.Min(Math.Max(16L * _stride, _keys.Length * 2L), Array.MaxLength / _stride * (long)_stride);
            Array.Resize(ref _keys, (int)Math.Max(size, (Count + 1L) * _stride));
            if (_type.IsMulti)
            {
                Array.Resize(ref _next, _keys.Length / _stride);
                Array.Resize(ref _last, _keys.Length / _stride);
            }
        }
    }

    private void Rehash()
    {
        int[] before = _slots;
        _slots = new int[before.Length * 2];
        foreach (int number in before)
        {
            if (number != 0)
            {
                _slots[Slot(_keys.AsSpan((number - 1) * _stride, _keyLength))] = number;
            }
        }
    }

    // Where a key is, or would be. The hash starts at a number that differs from process to process, so that no text can be made to
    // collide.
    private int Slot(ReadOnlySpan<byte> key)
    {
        var hash = default(HashCode);
        hash.AddBytes(key);
        int mask = _slots.Length - 1;
        int slot = hash.ToHashCode() & mask;
        while (_slots[slot] is > 0 and int number && !key.SequenceEqual(_keys.AsSpan((number - 1) * _stride, _keyLength)))
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private int NameNumber(string name)
    {
        if (!_nameNumbers.TryGetValue(name, out int number))
        {
            _nameNumbers[name] = number = _names.Count;
            _names.Add(name);
        }

        return number;
    }

    private static void WriteAddress(Bits128 bits, Span<byte> to)
    {
        if (to.Length == 4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(to, (uint)bits);
        }
        else
        {
            bits.WriteBigEndian(to);
        }
    }

    private static Bits128 ReadAddress(ReadOnlySpan<byte> from) => from.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(from)
        : Bits128.ReadBigEndian(from);

    private static void WriteMac(ulong mac, Span<byte> to)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, (uint)mac);
        BinaryPrimitives.WriteUInt16LittleEndian(to[4..], (ushort)(mac >> 32));
    }

    private static ulong ReadMac(ReadOnlySpan<byte> from) =>
        BinaryPrimitives.ReadUInt32LittleEndian(from) | ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(from[4..]) << 32);
}
