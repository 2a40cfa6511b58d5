using System.Text;
using K8sNetfilter.Rulesets.Grammar;

namespace K8sNetfilter.Rulesets.Parts;

/// <summary>One option of a match or a target, such as <c>! --dport 80</c>.</summary>
public sealed class RuleOption
{
    private readonly RuleToken[] _words;
    private readonly int _nameAt;
    private readonly int _firstValue;
    private readonly string? _attachedValue;

    /// <summary>Makes an option as iptables-save would write it.</summary>
    /// <param name="name">The name without dashes: <c>dport</c>.</param>
    /// <param name="values">Its values; none for a flag.</param>
    public RuleOption(string name, params string[] values)
        : this(name, negated: false, values)
    {
    }

    /// <summary>Makes an option as iptables-save would write it.</summary>
    /// <param name="name">The name without dashes: <c>dport</c>.</param>
    /// <param name="negated">True for <c>! --name</c>.</param>
    /// <param name="values">Its values; none for a flag.</param>
    public RuleOption(string name, bool negated, params string[] values)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(values);
        Name = name;
        Negated = negated;
        string spelled = OptionNames.ShortOf(name) is { } letter ? "-" + letter : "--" + name;
        bool isText = OptionNames.IsFreeText(name);
        _words =
        [
            .. negated ? [RuleToken.Bare("!")] : Array.Empty<RuleToken>(),
            RuleToken.Bare(spelled),
            .. values.Select(v => isText ? RuleToken.String(v) : RuleToken.Bare(v)),
        ];
        _nameAt = negated ? 1 : 0;
        _firstValue = _nameAt + 1;
    }

    internal RuleOption(string name, bool negated, RuleToken[] words, int nameAt, int firstValue, string? attachedValue)
    {
        Name = name;
        Negated = negated;
        _words = words;
        _nameAt = nameAt;
        _firstValue = firstValue;
        _attachedValue = attachedValue;
    }

    /// <summary>
    /// The option's name without dashes, e.g. <c>dport</c>. A short option has its long name: <c>-s</c> is <c>source</c>.
    /// </summary>
    public string Name { get; }

    /// <summary>True where the option is inverted with <c>!</c>.</summary>
    public bool Negated { get; }

    /// <summary>The values, without quotes; empty for a flag.</summary>
    public IReadOnlyList<string> Values =>
        _attachedValue is not null ? [_attachedValue, .. Rest()] : Rest();

    /// <summary>The values with a space between them; null for a flag.</summary>
    public string? Value => Count switch { 0 => null, 1 => First, _ => string.Join(' ', Values) };

    internal int Count => _words.Length - _firstValue + (_attachedValue is null ? 0 : 1);

    internal string? First => _attachedValue ?? (_words.Length > _firstValue ? _words[_firstValue].Text : null);

    /// <summary>True where the option is nothing but words that belong to no option that is known.</summary>
    internal bool IsBare => _nameAt < 0;

    internal StringBuilder Spell(StringBuilder output)
    {
        foreach (ref readonly var word in _words.AsSpan())
        {
            word.Spell(output);
        }

        return output;
    }

    /// <summary>The option as it is written in a rule.</summary>
    public override string ToString() => Spell(new StringBuilder()).ToString().Trim(' ');

    private string[] Rest()
    {
        var values = new string[_words.Length - _firstValue];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = _words[_firstValue + i].Text;
        }

        return values;
    }
}
