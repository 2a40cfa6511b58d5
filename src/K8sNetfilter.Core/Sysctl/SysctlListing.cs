using System.Text;

namespace K8sNetfilter.Sysctl;

/// <summary>The output of <c>sysctl -a</c>, sysctl(8), read and written.</summary>
public sealed class SysctlListing
{
    private readonly List<string> _paths = [];
    private readonly Dictionary<string, string?> _values = new(StringComparer.Ordinal);

    private SysctlListing()
    {
    }

    /// <summary>The keys' paths below /proc/sys, in the order of the text.</summary>
    public IReadOnlyList<string> Paths => _paths;

    /// <summary>
    /// True for a text that has keys from each end of what <c>sysctl -a</c> prints: a part that somebody cut off or filtered (<c>sysctl -a | grep bridge</c>)
    /// has not, and says nothing of keys that are not in it.
    /// </summary>
    public bool IsWhole => Array.TrueForAll(Ends, e => _paths.Exists(p => p.StartsWith(e, StringComparison.Ordinal)));

    private static readonly string[] Ends = ["fs/", "kernel/", "net/", "vm/"];

    /// <summary>The value of a key; null where the text has none.</summary>
    /// <param name="path">The path below /proc/sys.</param>
    public string? Find(string path) => _values.GetValueOrDefault(path);

    /// <summary>
    /// Reads it. A value of several lines is printed as several lines with the same key. The tool's messages about keys that it may not read
    /// (<c>permission denied on key "net.ipv4.route.flush"</c>), which <c>2>&amp;1</c> puts between them, are keys without a value; any
    /// other line is passed over.
    /// </summary>
    public static SysctlListing Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var listing = new SysctlListing();
        var lines = new Dictionary<string, StringBuilder>(StringComparer.Ordinal);
        foreach (var raw in text.AsSpan().EnumerateLines())
        {
            int equals = raw.IndexOf('=');
            if (equals > 0 && SysctlKey.TryParse(raw[..equals].TrimEnd().ToString(), out string path))
            {
                var value = raw[(equals + 1)..];
                value = value.Length != 0 && value[0] == ' ' ? value[1..] : value;
                if (lines.TryGetValue(path, out var more))
                {
                    more.Append('\n').Append(value);
                }
                else if (listing._values.TryGetValue(path, out string? first) && first is not null)
                {
                    lines[path] = new StringBuilder(first).Append('\n').Append(value);
                }
                else
                {
                    listing.Add(path, value.ToString());
                }
            }
            else if (raw.StartsWith("sysctl: ") && raw.IndexOf("key \"") is > 0 and int start && raw[(start + 5)..].IndexOf('"') is > 0 and int length
                && SysctlKey.TryParse(raw.Slice(start + 5, length).ToString(), out path))
            {
                listing.Add(path, null);
            }
        }

        foreach (var (path, value) in lines)
        {
            listing._values[path] = value.ToString();
        }

        return listing;
    }

    /// <summary>Writes keys and values as <c>sysctl -a 2>&amp;1</c> prints them.</summary>
    public static void Write(TextWriter output, IReadOnlyList<string> paths, IReadOnlyList<string?> values)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(values);
        for (int i = 0; i < paths.Count; i++)
        {
            string name = SysctlKey.ToName(paths[i]);
            if (values[i] is not { } value)
            {
                output.Write($"sysctl: permission denied on key \"{name}\"\n");
                continue;
            }

            foreach (string line in value.Split('\n'))
            {
                output.Write($"{name} = {line}\n");
            }
        }
    }

    /// <summary>Whether procps of that version (<c>sysctl from procps-ng 4.0.5</c>) has exclusions by pattern: since 4.0.5. False where none is known.</summary>
    public static bool ExcludesByPattern(string? version) =>
        version?.Split(' ', '\n') is { } words && Array.Find(words, w => w.Length > 0 && char.IsAsciiDigit(w[0])) is { } number
        && Version.TryParse(number.TrimEnd('\r'), out var parsed) && parsed >= new Version(4, 0, 5);

    private void Add(string path, string? value)
    {
        if (_values.TryAdd(path, value))
        {
            _paths.Add(path);
        }
        else if (value is not null)
        {
            _values[path] = value;
        }
    }
}
