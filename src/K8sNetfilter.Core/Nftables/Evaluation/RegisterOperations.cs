using System.Runtime.InteropServices;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Operations;

namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>Operations on registers, on the values and on which of their bits are known (nft_bitwise.c, nft_byteorder.c).</summary>
internal static class RegisterOperations
{
    private const int MaxLength = 64;

    private static readonly byte[] All = [.. Enumerable.Repeat((byte)0xff, MaxLength)];

    /// <summary>Computes; null, as the rule goes on, unless a register does not exist.</summary>
    public static NftOutcome? Apply(RuleRun run, NftExpression expression)
    {
        var (source, target, length) = expression switch
        {
            BitwiseExpression one =>
                (one.Source, one.Target, one.Mask.Length >= one.Length && one.Xor.Length >= one.Length ? one.Length : uint.MaxValue),
            RegisterBitwiseExpression one => (one.Source, one.Target, one.Length),
            ShiftExpression one => (one.Source, one.Target, one.Length),
            // Whole numbers only: nft makes one of 2 bytes over a length of 1, which does nothing.
            ByteorderExpression one => (one.Source, one.Target, one.Size is 2 or 4 or 8 ? one.Length / one.Size * one.Size : uint.MaxValue),
            _ => (NftRegister.None, NftRegister.None, uint.MaxValue),
        };
        int count = length <= MaxLength ? (int)length : -1;
        if (!NftRegisters.Has(source, count) || !NftRegisters.Has(target, count))
        {
            return RuleEvaluator.NoRegister(run, expression);
        }

        if (count == 0)
        {
            return null;
        }

        var registers = run.Registers;
        string missing = registers.Missing(source, count);

        // The source and the target may overlap.
        Span<byte> value = stackalloc byte[MaxLength], known = stackalloc byte[MaxLength];
        value = value[..count];
        known = known[..count];
        registers.Value(source, count).CopyTo(value);
        registers.Known(source, count).CopyTo(known);
        switch (expression)
        {
            case BitwiseExpression one:
                Mask(value, known, one.Mask.Span, one.Xor.Span);
                break;
            case RegisterBitwiseExpression one when Second(registers, one, count, out var other, out var otherKnown):
                missing = NftBits.AreKnown(otherKnown) || !one.Second.IsPresent ? missing : registers.Missing(one.Second, count);
                Combine(one.Operator, value, known, other, otherKnown);
                break;
            case ShiftExpression one when count % 4 == 0 && one.Bits < 32:
                Shift(value, known, one);
                break;
            case ByteorderExpression one:
                Swap(value, (int)one.Size);
                Swap(known, (int)one.Size);
                break;
            default:
                return RuleEvaluator.NoRegister(run, expression);
        }

        value.CopyTo(registers.Value(target, count));
        known.CopyTo(registers.Known(target, count));
        registers.Loaded(target, count, NftBits.AreKnown(known) ? null : missing);
        return null;
    }

    private static void Mask(Span<byte> value, Span<byte> known, ReadOnlySpan<byte> mask, ReadOnlySpan<byte> xor)
    {
        for (int i = 0; i < value.Length; i++)
        {
            value[i] = (byte)((value[i] & mask[i]) ^ xor[i]);
            known[i] = (byte)(known[i] | ~mask[i]);
        }
    }

    private static bool Second(
        NftRegisters registers, RegisterBitwiseExpression one, int count, out ReadOnlySpan<byte> value, out ReadOnlySpan<byte> known)
    {
        if (!one.Second.IsPresent)
        {
            value = one.Data.Span;
            known = All.AsSpan(0, count);
            return value.Length >= count;
        }

        value = known = default;
        if (!NftRegisters.Has(one.Second, count))
        {
            return false;
        }

        value = registers.Value(one.Second, count);
        known = registers.Known(one.Second, count);
        return true;
    }

    private static void Combine(NftBitwiseOperator operation, Span<byte> value, Span<byte> known, ReadOnlySpan<byte> other,
        ReadOnlySpan<byte> otherKnown)
    {
        for (int i = 0; i < value.Length; i++)
        {
            (int a, int ka, int b, int kb) = (value[i], known[i], other[i], otherKnown[i]);
            (value[i], known[i]) = operation switch
            {
                // A bit that is known not to be set decides an and, one that is set an or.
                NftBitwiseOperator.And => ((byte)(a & b), (byte)((ka & kb) | (ka & ~a) | (kb & ~b))),
                NftBitwiseOperator.Or => ((byte)(a | b), (byte)((ka & kb) | (ka & a) | (kb & b))),
                NftBitwiseOperator.Xor => ((byte)(a ^ b), (byte)(ka & kb)),
                _ => ((byte)0, (byte)0),
            };
        }
    }

    private static void Shift(Span<byte> value, Span<byte> known, ShiftExpression shift)
    {
        // The bits that come in are known to be zero: the unknown ones are shifted.
        Invert(known);
        Shift(MemoryMarshal.Cast<byte, uint>(value), (int)shift.Bits, shift.IsRight);
        Shift(MemoryMarshal.Cast<byte, uint>(known), (int)shift.Bits, shift.IsRight);
        Invert(known);
    }

    private static void Shift(Span<uint> words, int bits, bool isRight)
    {
        uint carry = 0;
        for (int i = 0; i < words.Length && bits > 0; i++)
        {
            ref uint word = ref words[isRight ? i : words.Length - 1 - i];
            uint next = isRight ? word << (32 - bits) : word >> (32 - bits);
            word = (isRight ? word >> bits : word << bits) | carry;
            carry = next;
        }
    }

    private static void Invert(Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)~bytes[i];
        }
    }

    private static void Swap(Span<byte> bytes, int size)
    {
        for (int i = 0; BitConverter.IsLittleEndian && i + size <= bytes.Length; i += size)
        {
            bytes.Slice(i, size).Reverse();
        }
    }
}
