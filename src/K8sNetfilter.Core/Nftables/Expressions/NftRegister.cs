using System.Globalization;

namespace K8sNetfilter.Nftables.Expressions;

/// <summary>
/// A register (enum nft_registers). There are 64 bytes of data registers with two numberings over the same bytes: 1 to 4 name 16 bytes each
/// (NFT_REG_1 …), 8 to 23 name 4 bytes each (NFT_REG32_00 …). The kernel dumps the first numbering where a register begins at a multiple of
/// 16 bytes, so that 8 is always dumped as 1 and 12 as 2. A value of more bytes than its register continues in the next ones.
/// </summary>
/// <param name="Number">The number, as the kernel dumps it; <see cref="Of"/> makes one that is.</param>
public readonly record struct NftRegister(uint Number)
{
    private const uint FirstShort = 8;
    private const uint LastLong = 4;
    private const int Slots = 16;

    /// <summary>The register of the verdict, NFT_REG_VERDICT.</summary>
    public static NftRegister Verdict => new(0);

    /// <summary>The first data register, NFT_REG_1.</summary>
    public static NftRegister First => new(1);

    /// <summary>No register: the expression does not have that one.</summary>
    public static NftRegister None => new(uint.MaxValue);

    /// <summary>True if the expression has this register.</summary>
    public bool IsPresent => Number != uint.MaxValue;

    /// <summary>True for the register of the verdict.</summary>
    public bool IsVerdict => Number == 0;

    /// <summary>Which of the 16 parts of 4 bytes it begins at; -1 if it is not a data register.</summary>
    public int Slot => Number is >= 1 and <= LastLong ? (int)(Number - 1) * 4
        : Number >= FirstShort && Number < FirstShort + Slots ? (int)(Number - FirstShort) : -1;

    /// <summary>The byte of the data registers that it begins at; negative if it is not a data register.</summary>
    public int ByteOffset => Slot * 4;

    /// <summary>The register that begins at a part of 4 bytes, with the number that the kernel dumps for it.</summary>
    /// <param name="slot">0 to 15.</param>
    public static NftRegister OfSlot(int slot) => new(slot % 4 == 0 ? (uint)(slot / 4) + 1 : FirstShort + (uint)slot);

    /// <summary>A register by either number, with the number that the kernel dumps for it.</summary>
    public static NftRegister Of(uint number) =>
        new NftRegister(number) is { Slot: >= 0 and int slot } ? OfSlot(slot) : new NftRegister(number);

    /// <summary>As nft writes it in its bytecode: <c>reg 1</c>.</summary>
    public override string ToString() => IsPresent ? string.Create(CultureInfo.InvariantCulture, $"reg {Number}") : "";
}
