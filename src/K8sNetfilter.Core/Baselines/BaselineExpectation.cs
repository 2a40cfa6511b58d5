using System.Globalization;

namespace K8sNetfilter.Baselines;

/// <summary>
/// The values that satisfy a requirement: one of some texts, or a number within bounds. Values are compared as the kernel prints them,
/// with runs of white space taken as one (net.ipv4.ip_local_port_range prints a tab).
/// </summary>
public sealed class BaselineExpectation
{
    private readonly string[] _values;

    private BaselineExpectation(string[] values, long? minimum, long? maximum)
    {
        _values = values;
        Minimum = minimum;
        Maximum = maximum;
    }

    /// <summary>The texts of which one satisfies; empty where bounds are given.</summary>
    public IReadOnlyList<string> Values => _values;

    /// <summary>The smallest number that satisfies; null for none.</summary>
    public long? Minimum { get; }

    /// <summary>The largest number that satisfies; null for none.</summary>
    public long? Maximum { get; }

    /// <summary>Exactly this value.</summary>
    public static BaselineExpectation Exactly(string value) => new([Normal(value)], null, null);

    /// <summary>One of these values. The first is what a change sets.</summary>
    public static BaselineExpectation OneOf(IEnumerable<string> values) => new([.. values.Select(Normal)], null, null);

    /// <summary>A number within bounds, both included.</summary>
    public static BaselineExpectation Between(long? minimum, long? maximum) => new([], minimum, maximum);

    /// <summary>Tells whether a value satisfies. Null (the node does not say) never does.</summary>
    public bool IsSatisfiedBy(string? value)
    {
        if (value is null)
        {
            return false;
        }

        if (_values.Length != 0)
        {
            return Array.IndexOf(_values, Normal(value)) >= 0;
        }

        return long.TryParse(value.AsSpan().Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            && !(number < Minimum) && !(number > Maximum);
    }

    /// <summary>
    /// The value that a change sets: the nearest one to <paramref name="present"/> that satisfies, so that a node which goes further
    /// than it must is left as it is.
    /// </summary>
    public string ValueToSet(string? present)
    {
        if (_values.Length != 0)
        {
            return IsSatisfiedBy(present) ? Normal(present!) : _values[0];
        }

        if (!long.TryParse(present, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            number = Minimum ?? Maximum ?? 0;
        }

        long nearest = number < Minimum ? Minimum.Value : number > Maximum ? Maximum.Value : number;
        return nearest.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A value that satisfies all of several requirements, as near to <paramref name="present"/> as may be; null where they contradict each other.</summary>
    public static string? ValueToSet(IReadOnlyList<BaselineExpectation> all, string? present)
    {
        ArgumentNullException.ThrowIfNull(all);
        string? inTurn = present;
        foreach (var one in all)
        {
            inTurn = one.ValueToSet(inTurn);
        }

        return all.Select(one => one.ValueToSet(present)).Prepend(inTurn).Concat(all.SelectMany(one => one.Values))
            .FirstOrDefault(value => value is not null && all.All(one => one.IsSatisfiedBy(value)));
    }

    /// <summary>As a table shows it: <c>1</c>, <c>1 or 2</c>, <c>>= 512</c>, <c>1..8</c>.</summary>
    public override string ToString() => (_values.Length, Minimum, Maximum) switch
    {
        (> 0, _, _) => string.Join(" or ", _values),
        (_, { } low, { } high) => string.Create(CultureInfo.InvariantCulture, $"{low}..{high}"),
        (_, { } low, _) => string.Create(CultureInfo.InvariantCulture, $">= {low}"),
        (_, _, { } high) => string.Create(CultureInfo.InvariantCulture, $"<= {high}"),
        _ => "any",
    };

    private static string Normal(string value) =>
        string.Join(' ', value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
