using K8sNetfilter.Addressing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Nftables.Syntax.Linearising;

/// <summary>Turns values into the bytes that a register or an element has.</summary>
internal static class ValueBytes
{
    /// <summary>The bytes of a number.</summary>
    public static byte[] Of(Bits128 value, int length, ValueOrder order)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length && i < 16; i++)
        {
            byte part = unchecked((byte)(value >> (i * 8)).Low);
            bytes[order == ValueOrder.Network ? length - 1 - i : i] = part;
        }

        return bytes;
    }

    /// <summary>The bytes of an expression without a variable part.</summary>
    /// <param name="value">The value.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="order">Their order.</param>
    /// <param name="shift">How far the value is moved up: a field that does not begin at a byte.</param>
    public static byte[] Of(ExpressionSyntax value, int length, ValueOrder order, int shift = 0)
    {
        switch (value)
        {
            case ValueSyntax { Type.Form: ValueForm.Text } text:
                byte[] name = new byte[16];
                text.Value.WriteBigEndian(name);
                return name.Length == length ? name : [.. name.Concat(new byte[Math.Max(0, length - 16)]).Take(length)];
            case ValueSyntax number:
                return Of(number.Value << shift, length, order);
            case FlagsSyntax or BinarySyntax { Operator: "|" } when FlagMasks.IsConstant(value):
                return Of(FlagMasks.BitsOf(value) << shift, length, order);
            case TextSyntax text:
                byte[] encoded = ByteText.Encode(text.Text);
                return [.. encoded.Concat(new byte[Math.Max(0, length - encoded.Length)]).Take(length)];
            case NameSyntax { Name: "lo" } when value.Type == DataTypes.Interface:
                return Of(1UL, length, order);
            case PrefixSyntax prefix:
                return Of(prefix.Value, length, order, shift);
            default:
                throw new NotLinearisedException(value is NameSyntax named
                    ? $"the number of \"{named.Name}\" ({named.Type}) is not in the file"
                    : $"a value of the kind {value.GetType().Name} has no bytes of its own");
        }
    }

    /// <summary>The first bits set.</summary>
    public static Bits128 Mask(int prefix, int bits) => prefix == 0 ? Bits128.Zero : bits >= 128
        ? Bits128.MaxValue << (128 - prefix) : ((Bits128.One << bits) - Bits128.One) ^ ((Bits128.One << (bits - prefix)) - Bits128.One);
}
