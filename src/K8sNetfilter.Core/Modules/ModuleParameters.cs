using System.Text;

namespace K8sNetfilter.Modules;

/// <summary>The parameters of a module as text: <c>hashsize=4096 acct=1</c>, a value with blanks in double quotes.</summary>
public static class ModuleParameters
{
    /// <summary>Joins names and values.</summary>
    /// <exception cref="Errors.NodeException"><c>ModuleParameterInvalid</c>: one could end the line or the value that it stands in.</exception>
    public static string Join(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return string.Join(' ', parameters.Select(p => One(p.Key, p.Value)));
    }

    /// <summary>Splits text into its parameters; blanks in double quotes do not split.</summary>
    public static IReadOnlyList<string> Split(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = new List<string>();
        var word = new StringBuilder();
        bool quoted = false;
        foreach (char c in text)
        {
            quoted ^= c == '"';
            if (!quoted && c is ' ' or '\t')
            {
                if (word.Length != 0)
                {
                    words.Add(word.ToString());
                    word.Clear();
                }
            }
            else
            {
                word.Append(c);
            }
        }

        if (word.Length != 0)
        {
            words.Add(word.ToString());
        }

        return words;
    }

    /// <summary>Puts new parameters over old ones: a parameter that is given anew takes the place of the old one, others stay.</summary>
    public static string Merge(string old, string given)
    {
        var result = Split(old).ToList();
        foreach (string parameter in Split(given))
        {
            int at = result.FindIndex(p => NameOf(p) == NameOf(parameter));
            if (at < 0)
            {
                result.Add(parameter);
            }
            else
            {
                result[at] = parameter;
            }
        }

        // A quote that nobody closes would swallow what comes behind it.
        var open = result.FindAll(p => p.AsSpan().Count('"') % 2 != 0);
        return string.Join(' ', result.Except(open).Concat(open));
    }

    /// <summary>The name in <c>name=value</c>, with <c>_</c> for <c>-</c>, which are the same to the kernel.</summary>
    public static string NameOf(string parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        int equals = parameter.IndexOf('=', StringComparison.Ordinal);
        return ModuleName.Normalize(equals < 0 ? parameter : parameter[..equals]);
    }

    /// <summary>The value in <c>name=value</c>, without its quotes.</summary>
    public static string ValueOf(string parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        int equals = parameter.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? "" : parameter[(equals + 1)..].Trim('"');
    }

    private static string One(string name, string value)
    {
        bool isName = name.Length != 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

        // modprobe.d takes a backslash away and has no way to write a quote; the kernel takes at most a page for all of them.
        bool isValue = value.Length <= 1024 && value.All(c => c is >= ' ' and < '\x7f' and not ('"' or '\\'));
        if (!isName || !isValue)
        {
            throw ModuleErrors.ParameterInvalid(name, value);
        }

        return value.Contains(' ', StringComparison.Ordinal) ? $"{name}=\"{value}\"" : $"{name}={value}";
    }
}
