namespace K8sNetfilter.Nftables.Syntax;

/// <summary>The names of priorities: nft(8), "standard priority names".</summary>
internal static class Priorities
{
    /// <summary>How far from a name a number is written as the name and a distance.</summary>
    private const int Reach = 10;

    private static readonly (string Name, int Value)[] All =
        [("raw", -300), ("mangle", -150), ("dstnat", -100), ("filter", 0), ("security", 50), ("srcnat", 100)];

    private static readonly (string Name, int Value)[] OfBridge = [("dstnat", -300), ("filter", -200), ("out", 100), ("srcnat", 300)];

    /// <summary>The number of a name; null if the family and hook have no such name.</summary>
    public static int? Find(string name, string family, string hook)
    {
        foreach (var (known, value) in Of(family))
        {
            if (known == name && IsFor(known, family, hook))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>A number as nft writes it: <c>filter - 10</c>.</summary>
    public static string Text(int priority, string family, string hook)
    {
        foreach (var (name, value) in Of(family))
        {
            int distance = priority - value;
            if (Math.Abs((long)priority - value) <= Reach)
            {
                return !IsFor(name, family, hook) ? FormattableString.Invariant($"{priority}")
                    : distance == 0 ? name : FormattableString.Invariant($"{name} {(distance > 0 ? '+' : '-')} {Math.Abs(distance)}");
            }
        }

        return FormattableString.Invariant($"{priority}");
    }

    private static (string Name, int Value)[] Of(string family) => family == "bridge" ? OfBridge : All;

    private static bool IsFor(string name, string family, string hook) => family == "bridge"
        ? name switch { "dstnat" => hook == "prerouting", "out" => hook == "output", "srcnat" => hook == "postrouting", _ => true }
        : name switch
        {
            "filter" => true,
            "dstnat" => family is "ip" or "ip6" or "inet" && hook == "prerouting",
            "srcnat" => family is "ip" or "ip6" or "inet" && hook == "postrouting",
            _ => family is "ip" or "ip6" or "inet",
        };
}
