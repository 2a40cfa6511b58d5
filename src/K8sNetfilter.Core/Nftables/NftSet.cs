using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Sets;

namespace K8sNetfilter.Nftables;

/// <summary>A set or a map.</summary>
/// <param name="name">Its name; the kernel makes those of anonymous sets, <c>__set0</c>.</param>
/// <param name="flags">What it is.</param>
/// <param name="keyType">nft's number of the keys' type, 6 bits for each field of a concatenation; 0 if it is not known.</param>
/// <param name="elements">Its elements.</param>
public sealed class NftSet(string name, NftSetFlags flags, uint keyType, NftElements elements)
{
    /// <summary>NFT_DATA_VERDICT: the data type of verdict maps.</summary>
    public const uint VerdictType = 0xffffff00;

    private NftElementIndex? _index;

    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>What it is.</summary>
    public NftSetFlags Flags { get; } = flags;

    /// <summary>nft's number of the keys' type (enum datatypes), 6 bits for each field of a concatenation; 0 if it is not known.</summary>
    public uint KeyType { get; } = keyType;

    /// <summary>Its elements.</summary>
    public NftElements Elements { get; } = elements;

    /// <summary>Bytes of a key.</summary>
    public int KeyLength => Elements.KeyLength;

    /// <summary>
    /// Bytes of each field of a concatenation (NFTA_SET_FIELD_LEN); each takes a multiple of 4 bytes in the key. Empty if the kernel does
    /// not say them, as for a concatenation without ranges on some kernels, or if the key is of one field.
    /// </summary>
    public byte[] FieldLengths { get; init; } = [];

    /// <summary>nft's number of the data's type; <see cref="VerdictType"/> for verdicts; 0 for a set.</summary>
    public uint DataType { get; init; }

    /// <summary>Bytes of an element's data; 0 for sets, and for maps of verdicts or objects.</summary>
    public int DataLength => Elements.DataLength;

    /// <summary>The kind of objects that it maps to; None if it does not map to objects.</summary>
    public NftObjectType ObjectType { get; init; }

    /// <summary>The kernel's number of it, unique in its table; 0 if it is not known.</summary>
    public ulong Handle { get; init; }

    /// <summary>The number of it in the message that made it (NFTA_SET_ID); 0 if it is not known.</summary>
    public uint Id { get; init; }

    /// <summary>True for <c>policy memory</c>, false for <c>policy performance</c>, the default.</summary>
    public bool IsForMemory { get; init; }

    /// <summary>How long elements stay that do not say it; zero for ever.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>How often expired elements are collected; zero for the kernel's own.</summary>
    public TimeSpan GcInterval { get; init; }

    /// <summary>The most elements (<c>size</c>); 0 if not limited.</summary>
    public uint Size { get; init; }

    /// <summary>What each element gets: counter, limit, ct count …</summary>
    public NftExpression[] Expressions { get; init; } = [];

    /// <summary>The byte order of keys, as nft notes it.</summary>
    public NftByteOrder KeyByteOrder { get; init; }

    /// <summary>The byte order of data, as nft notes it.</summary>
    public NftByteOrder DataByteOrder { get; init; }

    /// <summary>What the keys are of; null if it is not noted.</summary>
    public NftTypeof? KeyTypeof { get; init; }

    /// <summary>What the data are of; null if it is not noted.</summary>
    public NftTypeof? DataTypeof { get; init; }

    /// <summary>True for a map whose data are ranges too, as nft notes it.</summary>
    public bool DataIsInterval { get; init; }

    /// <summary>True for <c>auto-merge</c>, as nft notes it.</summary>
    public bool MergesElements { get; init; }

    /// <summary>Its comment; null if it has none.</summary>
    public string? Comment { get; init; }

    /// <summary>Made in a rule.</summary>
    public bool IsAnonymous => (Flags & NftSetFlags.Anonymous) != 0;

    /// <summary>Elements have data, verdicts or objects.</summary>
    public bool IsMap => (Flags & (NftSetFlags.Map | NftSetFlags.Objects)) != 0;

    /// <summary>Elements have verdicts.</summary>
    public bool IsVerdictMap => (Flags & NftSetFlags.Map) != 0 && DataType == VerdictType;

    /// <summary>Elements are ranges.</summary>
    public bool IsInterval => (Flags & NftSetFlags.Interval) != 0;

    /// <summary>
    /// The number of the element that the kernel finds for a key: by hash, by binary search in an interval set, by range trees in
    /// concatenations with ranges. A catch-all element (<c>*</c>) is found last.
    /// </summary>
    /// <param name="key">The key as in the register: each field of a concatenation padded to 4 bytes. What is beyond
    /// <see cref="KeyLength"/> is left out of account.</param>
    /// <returns>The number in <see cref="Elements"/>; -1 if there is none.</returns>
    public int Find(ReadOnlySpan<byte> key)
    {
        if (key.Length < KeyLength || Elements.Count == 0)
        {
            return -1;
        }

        int found = BuildIndex().Find(key[..KeyLength]);
        return found >= 0 ? found : Elements.CatchAll;
    }

    /// <summary>
    /// Makes what <see cref="Find"/> finds elements by, which the first one does otherwise: 0.3 s for a million elements.
    /// </summary>
    public void Prepare() => BuildIndex();

    /// <summary>Whether the kernel finds an element for a key; see <see cref="Find"/>.</summary>
    public bool Contains(ReadOnlySpan<byte> key) => Find(key) >= 0;

    /// <summary>As nft names it.</summary>
    public override string ToString() => Name;

    // Two threads may make it at once; one of the two stays.
    private NftElementIndex BuildIndex() => _index ??= NftElementIndex.Of(this);
}
