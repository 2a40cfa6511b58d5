using K8sNetfilter.Configuration;
using K8sNetfilter.Text;

namespace K8sNetfilter.Sysctl;

/// <summary>
/// The grammar of sysctl.d files, as each of the two tools that apply them reads it. They agree on what people write, and differ at the
/// edges: carriage returns, a blank after the dash, doubled slashes.
/// </summary>
public static class SysctlGrammar
{
    // LONG_LINE_MAX, src/basic/fileio.h of systemd: a longer line ends the reading of the file.
    private const int SystemdLongestLine = 1 << 20;

    /// <summary>Reads a file as systemd-sysctl does (src/sysctl/sysctl.c and read_line_full in src/basic/fileio.c).</summary>
    public static SysctlText ReadAsSystemd(ConfigFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var assignments = new List<SysctlAssignment>();
        var malformed = new List<SourceLine>();
        var rest = file.Content.Span;
        int number = 1;
        while (!rest.IsEmpty)
        {
            int length = rest.IndexOfAny((byte)'\n', (byte)'\r', (byte)0);
            length = length < 0 ? rest.Length : length;
            var source = new SourceLine(file.Path, number);
            if (length >= SystemdLongestLine)
            {
                malformed.Add(source);
                break;
            }

            SystemdLine(rest[..length], source, assignments, malformed);
            int end = EndOfLine(rest, length);
            number += rest[length..end].Count((byte)'\n');
            rest = rest[end..];
        }

        return new SysctlText(assignments, malformed);
    }

    /// <summary>Reads a file as <c>sysctl --system</c> does (procps 4, src/sysctl.c).</summary>
    public static SysctlText ReadAsProcps(ConfigFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var assignments = new List<SysctlAssignment>();
        var malformed = new List<SourceLine>();
        var rest = file.Content.Span;
        for (int number = 1; !rest.IsEmpty; number++)
        {
            int length = rest.IndexOf((byte)'\n') + 1;
            length = length == 0 ? rest.Length : length;
            ProcpsLine(rest[..length], new SourceLine(file.Path, number), assignments, malformed);
            rest = rest[length..];
        }

        return new SysctlText(assignments, malformed);
    }

    private static void SystemdLine(ReadOnlySpan<byte> line, SourceLine source, List<SysctlAssignment> assignments, List<SourceLine> malformed)
    {
        line = line.Trim(" \t\n\r"u8);
        if (line.IsEmpty || line[0] is (byte)'#' or (byte)';')
        {
            return;
        }

        bool dash = line[0] == '-';
        int equals = line.IndexOf((byte)'=');
        if (equals < 0 && !dash)
        {
            malformed.Add(source);
            return;
        }

        var key = (equals < 0 ? line : line[..equals])[(dash ? 1 : 0)..].Trim(" \t\n\r"u8);
        string path = Simplify(SysctlKey.ToRawPath(ByteText.Decode(key)));
        assignments.Add(new SysctlAssignment(path, equals < 0 ? null : ByteText.Decode(line[(equals + 1)..].Trim(" \t\n\r"u8)), source)
        {
            IgnoresFailure = dash && equals >= 0,
            IsPattern = Glob.IsPattern(path),
        });
    }

    private static void ProcpsLine(ReadOnlySpan<byte> line, SourceLine source, List<SysctlAssignment> assignments, List<SourceLine> malformed)
    {
        // A C string ends at its first NUL; isspace(3) in the C locale.
        int nul = line.IndexOf((byte)0);
        line = (nul < 0 ? line : line[..nul]).TrimStart(" \t\n\v\f\r"u8);
        if (line.Length < 2 || line[0] is (byte)'#' or (byte)';')
        {
            return;
        }

        bool dash = line[0] == '-';
        int equals = line.IndexOf((byte)'=');
        if (equals < 0 && !dash)
        {
            malformed.Add(source);
            return;
        }

        // Blanks between the dash and the name stay, and make a name that no key has.
        var key = (equals < 0 ? line : line[..equals])[(dash ? 1 : 0)..].TrimEnd(" \t\n\v\f\r"u8);
        string name = ByteText.Decode(key);
        string path = SysctlKey.ToRawPath(name.StartsWith('-') ? name[1..] : name);
        assignments.Add(new SysctlAssignment(path, equals < 0 ? null : ByteText.Decode(line[(equals + 1)..].Trim(" \t\n\v\f\r"u8)), source)
        {
            IgnoresFailure = dash && equals >= 0,
            IsPattern = Glob.IsPattern(path),
        });
    }

    /// <summary>
    /// systemd takes <c>\n</c>, <c>\r</c> and NUL as the end of a line, and one of each kind in a row as one end. Gives where the next line starts.
    /// </summary>
    private static int EndOfLine(ReadOnlySpan<byte> text, int start)
    {
        int seen = 0;
        while (start < text.Length && (seen & 1) == 0)
        {
            int kind = text[start] switch { 0 => 1, (byte)'\n' => 2, (byte)'\r' => 4, _ => 0 };
            if (kind == 0 || (seen & kind) != 0)
            {
                break;
            }

            seen |= kind;
            start++;
        }

        return start;
    }

    /// <summary>What systemd's path_simplify makes of a path (src/basic/path-util.c), less the slash at its start.</summary>
    private static string Simplify(string path)
    {
        if (!path.Contains("//", StringComparison.Ordinal) && !path.Contains("./", StringComparison.Ordinal)
            && !path.StartsWith('/') && !path.EndsWith('/') && !path.EndsWith("/.", StringComparison.Ordinal) && path != ".")
        {
            return path;
        }

        return string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != "."));
    }
}
