using System.Management.Automation;

namespace K8sNetfilter.Surface;

/// <summary>Names that a user gave, some of them with wildcards: which names they mean, and which literal ones were never met.</summary>
internal sealed class NamePatterns
{
    private readonly HashSet<string> _literals = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _missing = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<WildcardPattern> _patterns = [];

    /// <summary>Takes the names; none means every name.</summary>
    public NamePatterns(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            if (WildcardPattern.ContainsWildcardCharacters(name))
            {
                _patterns.Add(WildcardPattern.Get(name, WildcardOptions.IgnoreCase));
            }
            else
            {
                string literal = WildcardPattern.Unescape(name);
                _literals.Add(literal);
                _missing.Add(literal);
            }
        }
    }

    /// <summary>The one name that was given, where it is one without wildcards; else null.</summary>
    public string? Single => _patterns.Count == 0 && _literals.Count == 1 ? _literals.Single() : null;

    /// <summary>The literal names that were not found.</summary>
    public IEnumerable<string> Missing => _missing;

    /// <summary>Whether a name is meant.</summary>
    public bool Matches(string name) =>
        (_patterns.Count == 0 && _literals.Count == 0) || _literals.Contains(name) || _patterns.Exists(p => p.IsMatch(name));

    /// <summary>Says that there is such a name.</summary>
    public void Found(string name) => _missing.Remove(name);
}
