namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>
/// The options of one extension, iptables-extensions(8): which exist, and which take a value. It decides what a word that starts with a
/// dash is, the next option or the value of this one (<c>--comment --dport</c> is a comment), and to which match an option belongs in a
/// line that was written by hand. An extension or option that is not listed is kept all the same: then a word with a dash is an option.
/// </summary>
internal sealed class ExtensionOptions
{
    private static readonly Dictionary<string, ExtensionOptions> Matches = new(StringComparer.Ordinal);
    private static readonly Dictionary<string, ExtensionOptions> Targets = new(StringComparer.Ordinal);

    private readonly Dictionary<string, bool> _takesValue = new(StringComparer.Ordinal);

    static ExtensionOptions()
    {
        foreach (var (name, options) in ExtensionTable.Matches)
        {
            Matches[name] = new ExtensionOptions(options);
        }

        foreach (var (name, options) in ExtensionTable.Targets)
        {
            Targets[name] = new ExtensionOptions(options);
        }
    }

    private ExtensionOptions(string options)
    {
        foreach (string option in options.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            _takesValue[OptionNames.Intern(option.TrimEnd('='))] = option.EndsWith('=');
        }
    }

    /// <summary>A match's options; null for an extension that is not listed.</summary>
    public static ExtensionOptions? OfMatch(string name) => Matches.GetValueOrDefault(name);

    /// <summary>A target's options; null for an extension that is not listed.</summary>
    public static ExtensionOptions? OfTarget(string name) => Targets.GetValueOrDefault(name);

    /// <summary>True where the extension has the option; then says whether it takes a value.</summary>
    public bool TryGet(string option, out bool takesValue) => _takesValue.TryGetValue(option, out takesValue);
}
