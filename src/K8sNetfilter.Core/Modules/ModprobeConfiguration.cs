using System.Buffers;
using K8sNetfilter.Configuration;
using K8sNetfilter.Text;

namespace K8sNetfilter.Modules;

/// <summary>
/// What all files of modprobe.d(5) and the kernel command line say together, in the order in which libkmod reads them
/// (<c>kmod_config_new()</c> in libkmod/libkmod-config.c).
/// </summary>
public sealed class ModprobeConfiguration
{
    private static readonly char[] SoftDependencyBlanks = [' ', '\t', '\n', '\v', '\f', '\r'];

    private readonly List<ModprobeRule> _rules = [];
    private readonly Dictionary<string, ModprobeRule> _blacklist = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<ModprobeRule>> _options = new(StringComparer.Ordinal);
    private readonly Dictionary<ModprobeRule, int> _order = new(ReferenceEqualityComparer.Instance);
    private readonly Patterns _aliases = new();
    private readonly Patterns _installs = new();
    private readonly Patterns _removes = new();
    private readonly Patterns _softDependencies = new();

    /// <summary>Reads the files and the command line.</summary>
    public ModprobeConfiguration(IEnumerable<ConfigFile> files, KernelCommandLine commandLine)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(commandLine);
        foreach (var rule in files.SelectMany(Parse))
        {
            Add(rule);
        }

        var source = new SourceLine(KernelCommandLine.Path, 0);
        foreach (string name in commandLine.Blacklist)
        {
            Add(new ModprobeRule(ModprobeRuleKind.Blacklist, name, "", source));
        }

        foreach (var (module, option) in commandLine.Options)
        {
            Add(new ModprobeRule(ModprobeRuleKind.Options, module, option, source));
        }
    }

    /// <summary>All rules, in the order in which they are read.</summary>
    public IReadOnlyList<ModprobeRule> Rules => _rules;

    /// <summary>The first line that blacklists a module; null where none does.</summary>
    public ModprobeRule? Blacklist(string module) => _blacklist.GetValueOrDefault(module);

    /// <summary>The lines whose alias pattern matches a name, in order.</summary>
    public IEnumerable<ModprobeRule> Aliases(string name) => _aliases.All(name);

    /// <summary>The install command of a module: the first whose pattern matches.</summary>
    public ModprobeRule? Install(string module) => _installs.First(module);

    /// <summary>The remove command of a module: the first whose pattern matches.</summary>
    public ModprobeRule? Remove(string module) => _removes.First(module);

    /// <summary>The first install or, where there is none, remove command that is written for exactly this name.</summary>
    public ModprobeRule? CommandNamed(string name) => _installs.Exactly(name) ?? _removes.Exactly(name);

    /// <summary>The soft dependencies of a module: the first line whose pattern matches.</summary>
    public ModprobeRule? SoftDependencies(string module) => _softDependencies.First(module);

    /// <summary>The option lines of a module, or of the alias under which it was asked for, in order.</summary>
    public IEnumerable<ModprobeRule> Options(string module, string? alias = null)
    {
        IEnumerable<ModprobeRule> rules = _options.GetValueOrDefault(module, []);
        return alias is null || alias == module || !_options.TryGetValue(alias, out var more)
            ? rules
            : rules.Concat(more).OrderBy(r => _order[r]);
    }

    /// <summary>Splits the value of a softdep line into what comes before and what comes after the module.</summary>
    public static (IReadOnlyList<string> Before, IReadOnlyList<string> After) SplitSoftDependencies(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        List<string> before = [], after = [];
        List<string>? now = null;

        // One blank in front (two between the module and "pre:") sticks to the first word, which then is not known; two in front do not.
        bool isGlued = value.Length > 1 && SoftDependencyBlanks.Contains(value[0]) && !SoftDependencyBlanks.Contains(value[1]);
        foreach (string word in value.Split(SoftDependencyBlanks, StringSplitOptions.RemoveEmptyEntries).Skip(isGlued ? 1 : 0))
        {
            switch (word)
            {
                case "pre:":
                    now = before;
                    break;
                case "post:":
                    now = after;
                    break;
                default:
                    now?.Add(word);
                    break;
            }
        }

        return (before, after);
    }

    /// <summary>
    /// Reads one file. A backslash at the end of a line joins it with the next one, any other backslash vanishes; only a line whose first
    /// character is <c>#</c> is a comment; a line that is no known command is skipped, as modprobe skips it.
    /// </summary>
    public static IEnumerable<ModprobeRule> Parse(ConfigFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        foreach (var line in Lines(file.Content))
        {
            if (line.Text.Length != 0 && line.Text[0] != '#' && ParseLine(line.Text, new SourceLine(file.Path, line.Line)) is { } rule)
            {
                yield return rule;
            }
        }
    }

    /// <summary>The logical lines of a file, each with the number of its first physical line. A NUL ends the text of a line (it is a C string).</summary>
    internal static IEnumerable<LogicalLine> Lines(ReadOnlyMemory<byte> content)
    {
        int number = 1;
        int at = 0;
        while (at < content.Length)
        {
            int first = number;
            int start = at;
            var text = new ArrayBufferWriter<byte>(256);
            int end;
            while (true)
            {
                int length = content.Span[at..].IndexOfAny((byte)'\n', (byte)'\\');
                end = length < 0 ? content.Length : at + length;
                text.Write(content.Span[at..end]);
                if (end >= content.Length || content.Span[end] == '\n')
                {
                    break;
                }

                // A backslash: joins lines, or goes and leaves the character behind it, which is then an ordinary one.
                if (end + 1 < content.Length)
                {
                    if (content.Span[end + 1] == '\n')
                    {
                        number++;
                    }
                    else
                    {
                        text.Write(content.Span.Slice(end + 1, 1));
                    }
                }

                at = Math.Min(end + 2, content.Length);
            }

            number++;
            at = end + 1;
            int nul = text.WrittenSpan.IndexOf((byte)0);
            yield return new LogicalLine(ByteText.Decode(nul < 0 ? text.WrittenSpan : text.WrittenSpan[..nul]), first, start, Math.Min(at, content.Length));
        }
    }

    internal static ModprobeRule? ParseLine(string text, SourceLine source)
    {
        int at = 0;
        string? command = Word(text, ref at);
        string? name = Word(text, ref at) is { } word ? Underscores(word) : null;
        if (name is null)
        {
            return null;
        }

        string rest = text[Math.Min(at, text.Length)..];
        switch (command)
        {
            case "alias":
                string? module = Word(text, ref at) is { } second ? Underscores(second) : null;
                return module is null ? null : new ModprobeRule(ModprobeRuleKind.Alias, name, module, source);
            case "blacklist":
                return new ModprobeRule(ModprobeRuleKind.Blacklist, name, "", source);
            case "options":
                return rest.Length == 0 ? null : new ModprobeRule(ModprobeRuleKind.Options, name, rest.Replace('\t', ' '), source);
            case "install":
                return rest.Length == 0 ? null : new ModprobeRule(ModprobeRuleKind.Install, name, rest, source);
            case "remove":
                return rest.Length == 0 ? null : new ModprobeRule(ModprobeRuleKind.Remove, name, rest, source);
            case "softdep":
                return rest.Length == 0 ? null : new ModprobeRule(ModprobeRuleKind.SoftDependency, name, rest, source);
            default:
                return null;
        }
    }

    // strtok_r() with blank and tab: leading ones are skipped, and one behind the word is eaten with it.
    private static string? Word(string text, ref int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t')
        {
            at++;
        }

        if (at >= text.Length)
        {
            return null;
        }

        int start = at;
        while (at < text.Length && text[at] is not (' ' or '\t'))
        {
            at++;
        }

        return text[start..(at++)];
    }

    /// <summary>
    /// Turns <c>-</c> into <c>_</c>, but for those in a set such as <c>[0-9]</c>; null where a bracket has no partner, which makes the
    /// line a bad one (<c>underscores()</c> in shared/util.c).
    /// </summary>
    internal static string? Underscores(string name)
    {
        if (name.AsSpan().IndexOfAny('-', '[', ']') < 0)
        {
            return name;
        }

        char[] result = name.ToCharArray();
        for (int i = 0; i < result.Length; i++)
        {
            switch (result[i])
            {
                case '-':
                    result[i] = '_';
                    break;
                case ']':
                    return null;
                case '[':
                    i = Array.IndexOf(result, ']', i);
                    if (i < 0)
                    {
                        return null;
                    }

                    break;
            }
        }

        return new string(result);
    }

    private void Add(ModprobeRule rule)
    {
        _order[rule] = _rules.Count;
        _rules.Add(rule);
        switch (rule.Kind)
        {
            case ModprobeRuleKind.Blacklist:
                _blacklist.TryAdd(rule.Module, rule);
                break;
            case ModprobeRuleKind.Options:
                if (!_options.TryGetValue(rule.Module, out var list))
                {
                    _options[rule.Module] = list = [];
                }

                list.Add(rule);
                break;
            case ModprobeRuleKind.Alias:
                _aliases.Add(rule);
                break;
            case ModprobeRuleKind.Install:
                _installs.Add(rule);
                break;
            case ModprobeRuleKind.Remove:
                _removes.Add(rule);
                break;
            case ModprobeRuleKind.SoftDependency:
                _softDependencies.Add(rule);
                break;
        }
    }

    /// <summary>Rules by their pattern: the plain names are found at once, so that a long file costs nothing per question.</summary>
    private sealed class Patterns
    {
        // A name has fewer characters than this (PATH_MAX); a longer pattern is not tried, since it would cost without ever counting.
        private const int LongestPattern = 4096;

        private readonly Dictionary<string, List<Item>> _plain = new(StringComparer.Ordinal);
        private readonly List<Item> _wild = [];
        private int _count;

        public void Add(ModprobeRule rule)
        {
            var item = new Item(_count++, rule);
            if (rule.Module.AsSpan().IndexOfAny("*?[\\") >= 0)
            {
                if (rule.Module.Length <= LongestPattern)
                {
                    _wild.Add(item);
                }
            }

            if (!_plain.TryGetValue(rule.Module, out var list))
            {
                _plain[rule.Module] = list = [];
            }

            list.Add(item);
        }

        public ModprobeRule? Exactly(string name) => _plain.TryGetValue(name, out var list) ? list[0].Rule : null;

        public ModprobeRule? First(string name) => All(name).FirstOrDefault();

        public IEnumerable<ModprobeRule> All(string name)
        {
            bool isPlain = name.AsSpan().IndexOfAny("*?[\\") < 0;
            IEnumerable<Item> found = _wild.Where(i => Glob.MatchesText(i.Rule.Module, name));
            if (isPlain && _plain.TryGetValue(name, out var plain))
            {
                found = _wild.Count == 0 ? plain : found.Concat(plain).OrderBy(i => i.Index);
            }

            return found.Select(i => i.Rule);
        }

        private sealed record Item(int Index, ModprobeRule Rule);
    }

    /// <summary>A line whose continuations were joined: its text, the number of its first physical line, and the bytes that it takes with its end.</summary>
    internal readonly record struct LogicalLine(string Text, int Line, int Start, int Next);
}
