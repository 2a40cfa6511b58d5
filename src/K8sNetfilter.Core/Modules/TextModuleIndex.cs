using K8sNetfilter.Configuration;

namespace K8sNetfilter.Modules;

/// <summary>An index that was read from one of depmod's text files. Only the binary ones count for modprobe; snapshots and images have these.</summary>
public sealed class TextModuleIndex : ModuleIndex
{
    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);
    private readonly List<string> _patterns = [];

    /// <summary>Makes an index of pairs.</summary>
    public TextModuleIndex(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        foreach (var (key, value) in pairs)
        {
            if (!_values.TryGetValue(key, out var values))
            {
                _values[key] = values = [];
                if (key.AsSpan().IndexOfAny("*?[") >= 0)
                {
                    _patterns.Add(key);
                }
            }

            values.Add(value);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Keys => _values.Keys;

    /// <summary>Reads modules.dep(5): the module's name is the key, the line its value.</summary>
    public static TextModuleIndex FromDependencies(string text) => new(Lines(text)
        .Where(l => l.Contains(':', StringComparison.Ordinal))
        .Select(l => KeyValuePair.Create(ModuleFile.NameOf(l[..l.IndexOf(':', StringComparison.Ordinal)]), l)));

    /// <summary>Reads modules.builtin: a path a line.</summary>
    public static TextModuleIndex FromBuiltIns(string text) =>
        new(Lines(text).Select(l => KeyValuePair.Create(ModuleFile.NameOf(l.Trim()), "")));

    /// <summary>Reads modules.alias or modules.symbols: <c>alias pattern module</c>.</summary>
    public static TextModuleIndex FromAliases(string text) => new(Lines(text)
        .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(w => w is ["alias", _, _])
        .Select(w => KeyValuePair.Create(ModprobeConfiguration.Underscores(w[1]) ?? w[1], ModuleName.Normalize(w[2]))));

    /// <inheritdoc/>
    public override string? Find(string key) => _values.TryGetValue(key, out var values) ? values[0] : null;

    /// <inheritdoc/>
    public override IReadOnlyList<string> FindMatching(string name)
    {
        var found = _patterns.Where(p => p != name && Glob.MatchesText(p, name)).SelectMany(p => _values[p]);
        return [.. _values.GetValueOrDefault(name, []), .. found];
    }

    private static IEnumerable<string> Lines(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split('\n').Where(l => l.Length != 0 && l[0] != '#');
    }
}
