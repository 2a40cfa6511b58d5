using K8sNetfilter.Addressing;

namespace K8sNetfilter.Nftables.Syntax;

/// <summary>Comparisons in the one form that nft lists: the same test can be written in several ways.</summary>
internal static class FlagMasks
{
    /// <summary>A comparison; of flags with a mask in the form that nft lists.</summary>
    public static MatchSyntax Match(ExpressionSyntax left, string operation, ExpressionSyntax right)
    {
        if (operation is "" or "==" or "!=" && left is BinarySyntax { Operator: "&" } masked && masked.Type.IsBitmask
            && IsConstant(masked.Right) && IsConstant(right))
        {
            return Match(masked.Left, operation, right, masked.Right);
        }

        bool writesEqual = left is BinarySyntax || (right is ValueSyntax or NameSyntax && right.Type.IsBitmask);
        return new(left, operation == "==" && !writesEqual ? "" : operation == "" && left is BinarySyntax ? "==" : operation, right);
    }

    /// <summary>tcp flags syn / syn,ack.</summary>
    public static MatchSyntax Match(ExpressionSyntax left, string operation, ExpressionSyntax value, ExpressionSyntax mask)
    {
        operation = operation == "" ? "==" : operation;
        value = AsList(value);
        mask = AsList(mask);
        if (value is ValueSyntax { Value: var number } && number == Bits128.Zero)
        {
            // One of the flags, or none of them.
            return new(left, operation == "!=" ? "" : "!", mask);
        }

        return new(new BinarySyntax("&", left, mask), operation, value);
    }

    /// <summary>Whether a comparison is written as value / mask.</summary>
    public static bool HasMask(MatchSyntax match) =>
        match.Operator is "==" or "!=" && match.Left is BinarySyntax { Operator: "&" } masked && masked.Type.IsBitmask
        && IsConstant(masked.Right) && IsConstant(match.Right) && !(masked.Right is ValueSyntax mask
            && match.Right is ValueSyntax value && mask.Value == value.Value);

    /// <summary>Flags without a variable part.</summary>
    public static bool IsConstant(ExpressionSyntax expression) => expression switch
    {
        ValueSyntax => true,
        FlagsSyntax flags => flags.Parts.All(IsConstant),
        BinarySyntax { Operator: "|" } either => IsConstant(either.Left) && IsConstant(either.Right),
        _ => false,
    };

    /// <summary>The bits of flags, whatever way they are written in.</summary>
    public static Bits128 BitsOf(ExpressionSyntax expression) => expression switch
    {
        ValueSyntax value => value.Value,
        FlagsSyntax flags => flags.Parts.Aggregate(Bits128.Zero, (bits, part) => bits | BitsOf(part)),
        BinarySyntax { Operator: "|" } either => BitsOf(either.Left) | BitsOf(either.Right),
        _ => Bits128.Zero,
    };

    private static ExpressionSyntax AsList(ExpressionSyntax expression)
    {
        if (expression is not BinarySyntax { Operator: "|" })
        {
            return expression;
        }

        var parts = new List<ExpressionSyntax>();
        Flatten(expression, parts);
        return new FlagsSyntax(expression.Type, parts);
    }

    private static void Flatten(ExpressionSyntax expression, List<ExpressionSyntax> parts)
    {
        if (expression is BinarySyntax { Operator: "|" } either)
        {
            Flatten(either.Left, parts);
            Flatten(either.Right, parts);
        }
        else
        {
            parts.Add(expression);
        }
    }
}
