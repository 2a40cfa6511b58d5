namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>The interface that the packet came in by (<c>-i</c>) or goes out by (<c>-o</c>).</summary>
public sealed class InterfaceMatch : RuleMatch
{
    internal InterfaceMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>True for <c>-i</c>.</summary>
    public bool IsInput { get; internal init; }

    /// <summary>The name; with a <c>+</c> at its end every interface whose name starts so.</summary>
    public required string Interface { get; init; }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }

    /// <summary>
    /// Whether an interface meets the condition. A packet without one, on a hook that has none, is compared as an empty name.
    /// </summary>
    public bool IsMetBy(string? name)
    {
        name ??= "";
        bool equal = Interface.EndsWith('+')
            ? name.AsSpan().StartsWith(Interface.AsSpan(0, Interface.Length - 1), StringComparison.Ordinal)
            : string.Equals(name, Interface, StringComparison.Ordinal);
        return equal != Negated;
    }
}
