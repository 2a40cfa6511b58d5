using System.Text;
using K8sNetfilter.Configuration;

namespace K8sNetfilter.Modules;

/// <summary>
/// What the kernel command line (kernel-command-line(7), bootparam(7)) says of modules. Its three readers differ: systemd knows
/// <c>modules_load=</c>, libkmod <c>modprobe.blacklist=</c> and <c>module.option=</c>, and the kernel <c>module_blacklist=</c>
/// and <c>nomodule</c>.
/// </summary>
public sealed class KernelCommandLine
{
    /// <summary>The file that it is read from, and that stands as the source of what it says.</summary>
    public const string Path = "/proc/cmdline";

    // libkmod reads this much (KCMD_LINE_SIZE in libkmod/libkmod-internal.h); the kernel's own limit is 2048 on x86-64 and arm64.
    private const int Longest = 4095;

    private static readonly SourceLine Source = new(Path, 0);

    private readonly List<ModulesLoadEntry> _load = [];
    private readonly List<string> _blacklist = [];
    private readonly List<(string Module, string Option)> _options = [];
    private HashSet<string> _kernelBlacklist = new(StringComparer.Ordinal);

    /// <summary>Reads it.</summary>
    /// <param name="text">The content of /proc/cmdline; null is read as an empty line.</param>
    public KernelCommandLine(string? text)
    {
        text ??= "";
        int end = text.AsSpan().IndexOfAny('\n', '\0');
        ReadForSystemd(end < 0 ? text : text[..end]);
        ReadForKernel(end < 0 ? text : text[..end]);
        ReadForKmod(text.Length > Longest ? text[..Longest] : text);
    }

    /// <summary>The names that <c>modules_load=</c> gives to systemd-modules-load(8), each once. Those of <c>rd.modules_load=</c> are the initrd's own.</summary>
    public IReadOnlyList<ModulesLoadEntry> Load => _load;

    /// <summary>The names of <c>modprobe.blacklist=</c>, as they are written: libkmod turns no <c>-</c> into <c>_</c> here.</summary>
    public IReadOnlyList<string> Blacklist => _blacklist;

    /// <summary>The module options, one a <c>module.option=value</c>.</summary>
    public IReadOnlyList<(string Module, string Option)> Options => _options;

    /// <summary>True where <c>nomodule</c> makes the kernel refuse every module.</summary>
    public bool LoadsNoModules { get; private set; }

    /// <summary>Whether <c>module_blacklist=</c> makes the kernel refuse this one. The last such parameter counts.</summary>
    public bool KernelRefuses(string module) => LoadsNoModules || _kernelBlacklist.Contains(module);

    private void ReadForSystemd(string text)
    {
        foreach (string word in SystemdWords(text))
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || ModuleName.Normalize(word[..equals]) != "modules_load")
            {
                continue;
            }

            foreach (string name in word[(equals + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                if (!_load.Exists(e => e.Name == name))
                {
                    _load.Add(new ModulesLoadEntry(name, Source));
                }
            }
        }
    }

    // extract_first_word() with EXTRACT_UNQUOTE | EXTRACT_RELAX | EXTRACT_RETAIN_ESCAPE (systemd src/basic/extract-word.c): both kinds of
    // quotes group and are taken off, a backslash means nothing, and a quote that nobody closes ends with the line.
    private static IEnumerable<string> SystemdWords(string text)
    {
        var word = new StringBuilder();
        bool inWord = false;
        char quote = '\0';
        foreach (char c in text)
        {
            if (quote != '\0')
            {
                if (c == quote)
                {
                    quote = '\0';
                }
                else
                {
                    word.Append(c);
                }
            }
            else if (c is '"' or '\'')
            {
                quote = c;
                inWord = true;
            }
            else if (c is ' ' or '\t' or '\n' or '\r')
            {
                if (inWord)
                {
                    yield return word.ToString();
                    word.Clear();
                    inWord = false;
                }
            }
            else
            {
                word.Append(c);
                inWord = true;
            }
        }

        if (inWord)
        {
            yield return word.ToString();
        }
    }

    private void ReadForKernel(string text)
    {
        foreach (var (name, value) in KernelParameters.Read(text))
        {
            switch (ModuleName.Normalize(name))
            {
                case "module_blacklist" when value is not null:
                    _kernelBlacklist = new HashSet<string>(value.Split(',', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
                    break;
                case "nomodule":
                    LoadsNoModules = value switch
                    {
                        null or ['1' or 'y' or 'Y' or 't' or 'T', ..] or ['o' or 'O', 'n' or 'N', ..] => true,
                        ['0' or 'n' or 'N' or 'f' or 'F', ..] or ['o' or 'O', 'f' or 'F', ..] => false,
                        _ => LoadsNoModules,
                    };
                    break;
            }
        }
    }

    // kmod_config_parse_kcmdline() in libkmod/libkmod-config.c: module.option or module.option=value. A quote is allowed before the module
    // (some boot loaders quote the whole parameter) and in the value; a second dot before the value spoils the parameter.
    private void ReadForKmod(string text)
    {
        int at = 0;
        while (at <= text.Length)
        {
            int start = at;
            int module = at;
            int dot = -1;
            int equals = -1;
            bool quoted = false, ignored = false, startQuoted = false;
            for (; ; at++)
            {
                char c = at < text.Length ? text[at] : '\0';
                if (c == '"')
                {
                    quoted = !quoted;
                    if (quoted && dot < 0 && !ignored && at == module)
                    {
                        startQuoted = true;
                        module = at + 1;
                    }
                    else if (equals < 0)
                    {
                        ignored = true;
                    }
                }
                else if (c == '\0' || KernelParameters.IsSpace(c))
                {
                    if (c != '\0' && quoted && !ignored && equals >= 0)
                    {
                        continue;
                    }

                    if (c != '\0' && quoted)
                    {
                        ignored = true;
                        continue;
                    }

                    break;
                }
                else if (c == '.' && equals < 0)
                {
                    ignored |= dot >= 0;
                    dot = dot < 0 ? at : dot;
                }
                else if (c == '=' && equals < 0)
                {
                    ignored |= dot < 0;
                    equals = at;
                }
            }

            if (dot >= 0 && !ignored && !quoted)
            {
                AddForKmod(text[module..dot], text[(dot + 1)..at], equals < 0 ? null : text[(equals + 1)..at], startQuoted);
            }

            at = Math.Max(at, start) + 1;
        }
    }

    private void AddForKmod(string module, string option, string? value, bool startQuoted)
    {
        // A parameter that was quoted as a whole gets its quote back in front of the value.
        if (startQuoted && value is not null)
        {
            option = option[..^value.Length] + '"' + value;
            value = '"' + value;
        }

        if (module == "modprobe" && option.StartsWith("blacklist=", StringComparison.Ordinal))
        {
            _blacklist.AddRange(value!.Split(','));
        }
        else if (ModprobeConfiguration.Underscores(module) is { } name)
        {
            _options.Add((name, option));
        }
    }
}
