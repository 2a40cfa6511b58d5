using System.Text;
using K8sNetfilter.Configuration;

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

    /// <summary>Puts new parameters over old ones: a parameter that is given again takes the place of the old one, others stay.</summary>
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

    /// <summary>
    /// What modprobe(8) gives a module when it loads it, by parameter: the kernel takes them in the order of the lines, so the last one counts.
    /// A built-in module has no modprobe: only the kernel command line reaches it.
    /// </summary>
    public static IReadOnlyDictionary<string, string> AtLoad(ModprobeConfiguration configuration, string module, bool isBuiltIn)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var result = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var rule in configuration.Options(module).Where(r => !isBuiltIn || r.Source.File == KernelCommandLine.Path))
        {
            foreach (string parameter in Split(rule.Value))
            {
                result[NameOf(parameter)] = ValueOf(parameter);
            }
        }

        return result;
    }

    /// <summary>
    /// True where what the kernel shows is what was given: it prints a switch as Y or N, and numbers in decimal, one by one in a list, however
    /// they were written (kernel/params.c, lib/kstrtox.c).
    /// </summary>
    /// <param name="shown">The parameter's file below /sys/module.</param>
    /// <param name="given">The value that the module was given.</param>
    public static bool IsSame(string shown, string given)
    {
        ArgumentNullException.ThrowIfNull(shown);
        ArgumentNullException.ThrowIfNull(given);
        if (shown == given)
        {
            return true;
        }

        if (shown is "Y" or "N")
        {
            // A switch that is named without a value is on.
            bool? on = given switch
            {
                "" or ['y' or 'Y' or 't' or 'T' or '1', ..] or ['o' or 'O', 'n' or 'N', ..] => true,
                ['n' or 'N' or 'f' or 'F' or '0', ..] or ['o' or 'O', 'f' or 'F', ..] => false,
                _ => null,
            };
            return on == (shown == "Y");
        }

        string[] left = shown.Split(','), right = given.Split(',');
        return left.Length == right.Length && left.Zip(right).All(p => p.First == p.Second || (KernelValue.IsNumeric(p.First) && KernelValue.Same(p.First, p.Second)));
    }

    /// <summary>True for a name that a parameter can have.</summary>
    public static bool IsName(string? name) => name is { Length: > 0 and <= 1024 } && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    /// <summary>Refuses a name that no parameter can have, so that a name can stand in a path and in a configuration file.</summary>
    /// <exception cref="Errors.NodeException"><c>ModuleParameterInvalid</c>.</exception>
    public static void CheckName(string name, string value)
    {
        if (!IsName(name))
        {
            throw ModuleErrors.ParameterInvalid(name, value);
        }
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
        // modprobe.d takes a backslash away and has no way to write a quote; the kernel takes at most a page for all of them.
        bool isValue = value.Length <= 1024 && value.All(c => c is >= ' ' and < '\x7f' and not ('"' or '\\'));
        if (!IsName(name) || !isValue)
        {
            throw ModuleErrors.ParameterInvalid(name, value);
        }

        return value.Contains(' ', StringComparison.Ordinal) ? $"{name}=\"{value}\"" : $"{name}={value}";
    }
}
