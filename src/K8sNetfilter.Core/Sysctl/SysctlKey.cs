using K8sNetfilter.Configuration;
using K8sNetfilter.Errors;
using K8sNetfilter.Text;

namespace K8sNetfilter.Sysctl;

/// <summary>
/// A kernel parameter's name and its path below /proc/sys. sysctl.d(5): if the first separator of a name is a dot, every dot stands for a slash
/// and every slash for a dot; if it is a slash, both stand for themselves. So <c>net.ipv4.conf.eth0/100.forwarding</c> and
/// <c>net/ipv4/conf/eth0.100/forwarding</c> are one key, and no rule that turns all dots into slashes gets it right.
/// </summary>
public static class SysctlKey
{
    /// <summary>Where the keys are.</summary>
    public const string Directory = "/proc/sys/";

    /// <summary>The longest path that is taken: PATH_MAX less the directory.</summary>
    private const int LongestPath = 4000;

    /// <summary>The dotted name of a path below /proc/sys: <c>net/ipv4/conf/eth0.100/forwarding</c> is <c>net.ipv4.conf.eth0/100.forwarding</c>.</summary>
    public static string ToName(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        int first = path.AsSpan().IndexOfAny('/', '.');
        if (first < 0)
        {
            return path;
        }

        // A dot in the first name can only be said with slashes, and a slash at the start says that.
        return path[first] == '.' ? "/" + path : Swap(path);
    }

    /// <summary>The path below /proc/sys that a name stands for, by the rule alone: it may lead anywhere.</summary>
    public static string ToRawPath(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        int first = name.AsSpan().IndexOfAny('/', '.');
        return first >= 0 && name[first] == '.' ? Swap(name) : name;
    }

    /// <summary>
    /// The path below /proc/sys for a name that a person gave: dots, slashes, or the whole path with /proc/sys in front.
    /// </summary>
    /// <exception cref="NodeException"><c>SysctlNameInvalid</c>: it can't be the name of a key.</exception>
    public static string Parse(string name) =>
        TryParse(name, out string path)
            ? path
            : throw NodeException.Create(Messages.ResourceManager, nameof(Messages.SysctlNameInvalid), NodeErrorCategory.InvalidArgument, Printable.Text(name ?? "", 100));

    /// <summary>Like <see cref="Parse"/>, without the failure.</summary>
    public static bool TryParse(string? name, out string path)
    {
        path = "";
        if (string.IsNullOrEmpty(name) || name.Length > LongestPath)
        {
            return false;
        }

        string raw = name.StartsWith(Directory, StringComparison.Ordinal) ? name[Directory.Length..] : ToRawPath(name);
        raw = raw.TrimStart('/');
        foreach (char c in raw)
        {
            if (char.IsControl(c) || c == ' ')
            {
                return false;
            }
        }

        foreach (string part in raw.Split('/'))
        {
            if (part is "" or "." or "..")
            {
                return false;
            }
        }

        path = raw;
        return true;
    }

    /// <summary>
    /// True where a line of a sysctl.d file can set this key and no other: an equals sign would end the name early, and the characters
    /// of a pattern would make it one.
    /// </summary>
    public static bool CanBePersisted(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string name = ToName(path);
        return !Glob.IsPattern(path) && !name.Contains('=') && name[0] is not ('#' or ';' or '-') && !path.Contains('\\');
    }

    private static string Swap(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (int i = 0; i < source.Length; i++)
        {
            span[i] = source[i] switch { '.' => '/', '/' => '.', char c => c };
        }
    });
}
