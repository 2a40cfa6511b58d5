using K8sNetfilter.Configuration;
using K8sNetfilter.Text;

namespace K8sNetfilter.Modules;

/// <summary>Changes to a file of modules-load.d(5). What is not meant stays as it is, byte for byte.</summary>
public static class ModulesLoadEdit
{
    /// <summary>Adds a module on a line of its own at the end; null where a line names it already.</summary>
    /// <param name="content">The file; null if there is none yet.</param>
    /// <param name="module">The module.</param>
    public static byte[]? Add(byte[]? content, string module)
    {
        string name = ModuleName.Check(module);
        byte[] old = content ?? [];
        return LinesOf(old, n => ModuleName.Normalize(n) == name).Any() ? null : AppendLine(old, name);
    }

    /// <summary>Takes out every line that has one of these names; null where none has.</summary>
    /// <param name="content">The file; null if there is none.</param>
    /// <param name="names">The names as they are written, which may be aliases.</param>
    public static byte[]? Remove(byte[]? content, IReadOnlySet<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        byte[] old = content ?? [];
        var kept = new List<byte>(old.Length);
        int at = 0;
        foreach (var (start, next) in LinesOf(old, names.Contains))
        {
            kept.AddRange(old.AsSpan(at..start));
            at = next;
        }

        // A line that is taken out ends behind the start of the file.
        if (at == 0)
        {
            return null;
        }

        kept.AddRange(old.AsSpan(at));
        return [.. kept];
    }

    /// <summary>Puts a line at the end of a file, in the file's own kind of line ends.</summary>
    internal static byte[] AppendLine(byte[] content, string line)
    {
        bool crlf = content.AsSpan().IndexOf("\r\n"u8) >= 0;
        byte[] end = crlf ? [.. "\r\n"u8] : [.. "\n"u8];
        bool open = content.Length != 0 && content[^1] != '\n';
        return [.. content, .. open ? end : [], .. ByteText.Encode(line), .. end];
    }

    private static IEnumerable<(int Start, int Next)> LinesOf(byte[] content, Func<string, bool> isMeant)
    {
        foreach (var (start, end, next, _) in SystemdLines.Ranges(content))
        {
            if (isMeant(ByteText.Decode(content.AsSpan(start..end)).Trim(ModulesLoadFile.WhiteSpace)))
            {
                yield return (start, next);
            }
        }
    }
}
