using K8sNetfilter.Nftables.Expressions;

namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>The data registers: 64 bytes, which of their bits are known, and why others are not.</summary>
internal sealed class NftRegisters
{
    private const int Size = 64;
    private const int Slots = Size / 4;
    private const string Unset = "a register that nothing was loaded into";

    private readonly byte[] _value = new byte[Size];
    private readonly byte[] _known = new byte[Size];
    private readonly string?[] _missing = new string?[Slots];

    /// <summary>Forgets all, as before a rule.</summary>
    public void Clear()
    {
        Array.Clear(_known);
        Array.Clear(_missing);
    }

    /// <summary>Takes over another's contents.</summary>
    public void CopyFrom(NftRegisters other)
    {
        other._value.CopyTo(_value, 0);
        other._known.CopyTo(_known, 0);
        other._missing.CopyTo(_missing, 0);
    }

    /// <summary>True if a register has room for so many bytes; the kernel loads no other rule.</summary>
    public static bool Has(NftRegister register, int length) =>
        register.Slot >= 0 && length >= 0 && register.ByteOffset + length <= Size;

    /// <summary>The contents of a register.</summary>
    public Span<byte> Value(NftRegister register, int length) => _value.AsSpan(register.ByteOffset, length);

    /// <summary>Which bits of a register are known.</summary>
    public Span<byte> Known(NftRegister register, int length) => _known.AsSpan(register.ByteOffset, length);

    /// <summary>A register's contents as a value of its own.</summary>
    public (NftData Value, NftData Known) Copy(NftRegister register, int length) =>
        (Value(register, length).ToArray(), Known(register, length).ToArray());

    /// <summary>Why a register is not known.</summary>
    public string Missing(NftRegister register, int length)
    {
        for (int slot = register.Slot; slot * 4 < register.ByteOffset + length; slot++)
        {
            if (!NftBits.AreKnown(_known.AsSpan(slot * 4, 4)) && _missing[slot] is { } why)
            {
                return why;
            }
        }

        return Unset;
    }

    /// <summary>Notes what was loaded. The rest of the last 4 bytes becomes zeros, as the kernel has it.</summary>
    public void Loaded(NftRegister register, int length, string? missing)
    {
        int end = register.ByteOffset + length, whole = (end + 3) & ~3;
        _value.AsSpan(end, whole - end).Clear();
        _known.AsSpan(end, whole - end).Fill(0xff);
        Array.Fill(_missing, missing, register.Slot, (whole / 4) - register.Slot);
    }

    /// <summary>Loads what is known whole.</summary>
    public void Set(NftRegister register, ReadOnlySpan<byte> value)
    {
        value.CopyTo(Value(register, value.Length));
        Known(register, value.Length).Fill(0xff);
        Loaded(register, value.Length, null);
    }

    /// <summary>Loads what is not known.</summary>
    public void Lose(NftRegister register, int length, string missing)
    {
        Value(register, length).Clear();
        Known(register, length).Clear();
        Loaded(register, length, missing);
    }
}
