using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Sets;

namespace K8sNetfilter.Nftables;

/// <summary>A set while it is read.</summary>
internal sealed class NftSetParts
{
    // The longest key that registers hold, and the longest datum.
    private const uint Longest = 64;

    public NftFamily Family { get; init; }

    public string Table { get; set; } = "";

    public string Name { get; set; } = "";

    public NftSetFlags Flags { get; set; }

    public uint KeyType { get; set; }

    public uint KeyLength { get; set; }

    public byte[] FieldLengths { get; set; } = [];

    public uint DataType { get; set; }

    public uint DataLength { get; set; }

    public uint ObjectType { get; set; }

    public bool IsForMemory { get; set; }

    public ulong Handle { get; set; }

    public uint Id { get; set; }

    public uint Size { get; set; }

    public TimeSpan Timeout { get; set; }

    public TimeSpan GcInterval { get; set; }

    public NftExpression[] Expressions { get; set; } = [];

    public NftByteOrder KeyByteOrder { get; set; }

    public NftByteOrder DataByteOrder { get; set; }

    public bool MergesElements { get; set; }

    public bool DataIsInterval { get; set; }

    public NftTypeof? KeyTypeof { get; set; }

    public NftTypeof? DataTypeof { get; set; }

    public string? Comment { get; set; }

    /// <summary>Makes the columns of its elements.</summary>
    public NftElementsBuilder Elements()
    {
        bool hasValues = (Flags & NftSetFlags.Map) != 0 && DataType != NftSet.VerdictType;
        return KeyLength <= Longest && DataLength <= Longest
            ? new NftElementsBuilder((int)KeyLength, hasValues ? (int)DataLength : 0)
            : throw Netlink.NetlinkFailure.Malformed(NftablesMessages.LongKeys);
    }

    public NftSet Build(NftElements elements) => new(Name, Flags, KeyType, elements)
    {
        FieldLengths = FieldLengths,
        DataType = DataType,
        ObjectType = (NftObjectType)ObjectType,
        Handle = Handle,
        Id = Id,
        IsForMemory = IsForMemory,
        Timeout = Timeout,
        GcInterval = GcInterval,
        Size = Size,
        Expressions = Expressions,
        KeyByteOrder = KeyByteOrder,
        DataByteOrder = DataByteOrder,
        KeyTypeof = KeyTypeof,
        DataTypeof = DataTypeof,
        DataIsInterval = DataIsInterval,
        MergesElements = MergesElements,
        Comment = Comment,
    };
}
