using System.Globalization;

namespace K8sNetfilter.Nftables.Syntax;

/// <summary>Finds options, those without a name too.</summary>
internal static class Options
{
    /// <summary>An option by its name, or by its number; null if it is neither.</summary>
    public static OptionHeader? ByName(OptionKind kind, string name)
    {
        name = kind == OptionKind.Tcp ? name switch { "noop" => "nop", "sack-permitted" => "sack-perm", _ => name } : name;
        return OptionFields.Find(kind, name) ?? (byte.TryParse(name, CultureInfo.InvariantCulture, out byte number) ? ByNumber(kind,
            number) : null);
    }

    /// <summary>An option by its number.</summary>
    public static OptionHeader ByNumber(OptionKind kind, int number) => OptionFields.Find(kind, number) ?? new(
        kind,
        number.ToString(CultureInfo.InvariantCulture),
        number,
        kind == OptionKind.Tcp ? [new("", "kind", DataTypes.Integer, 0, 8), new("", "length", DataTypes.Integer, 8, 8)] : []);
}
