using K8sNetfilter.Configuration;
using K8sNetfilter.Errors;
using K8sNetfilter.Text;

namespace K8sNetfilter.Sysctl;

/// <summary>
/// Changes single assignments in a sysctl.d file and leaves every other byte as it is: comments, order, line ends, what is malformed.
/// </summary>
public static class SysctlFile
{
    /// <summary>The longest value that is written: a page, which is what the kernel takes at once.</summary>
    public const int LongestValue = 4095;

    /// <summary>Checks that a value is one line, and gives it without the blanks at its ends, which no tool keeps.</summary>
    /// <exception cref="NodeException"><c>SysctlValueInvalid</c>: it holds a line break or another control character, or is too long.</exception>
    public static string CheckValue(string path, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        string trimmed = value.Trim(' ', '\t', '\n');
        foreach (char c in trimmed)
        {
            if ((char.IsControl(c) && c != '\t') || c is '\u2028' or '\u2029')
            {
                throw Invalid();
            }
        }

        return trimmed.Length > LongestValue ? throw Invalid() : trimmed;

        NodeException Invalid() =>
            NodeException.Create(Messages.ResourceManager, nameof(Messages.SysctlValueInvalid), NodeErrorCategory.InvalidArgument, SysctlKey.ToName(path), LongestValue);
    }

    /// <summary>
    /// Sets a key: in the last line that sets it, or in a new line at the end. Gives the new content and the number of that line; the
    /// content is the old one where nothing had to change.
    /// </summary>
    /// <param name="content">The file; null for none.</param>
    /// <param name="path">The key, below /proc/sys.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="NodeException">The value or the name can't stand in such a file.</exception>
    public static (byte[] Content, int Line) Set(byte[]? content, string path, string value)
    {
        value = CheckValue(path, value);
        if (!SysctlKey.CanBePersisted(path))
        {
            throw NodeException.Create(
                Messages.ResourceManager, nameof(Messages.SysctlNotPersistable), NodeErrorCategory.InvalidArgument, SysctlKey.ToName(path));
        }

        content ??= [];
        var last = Lines(content).LastOrDefault(l => l.About == path);
        byte[] changed;
        int number;

        // A line that only one of the tools understands so may come after it; then a new line is what both take.
        if (last.About is not null && !last.IsExclusion && LastOf(content, path).All(a => a?.Source.Line == last.Number))
        {
            if (KernelValue.Same(last.Value, value))
            {
                return (content, last.Number);
            }

            changed = [.. content.AsSpan(0, last.ValueStart), .. ByteText.Encode(value), .. content.AsSpan(last.ValueEnd)];
            number = last.Number;
        }
        else
        {
            ReadOnlySpan<byte> end = content.AsSpan().IndexOf("\r\n"u8) >= 0 ? "\r\n"u8 : "\n"u8;
            bool isClosed = content.Length == 0 || content[^1] == '\n';
            changed = [.. content, .. isClosed ? [] : end, .. ByteText.Encode($"{SysctlKey.ToName(path)} = {value}"), .. end];
            number = changed.AsSpan().Count((byte)'\n');
        }

        // What was written must be what both tools read: anything else would be a line that somebody smuggled in.
        if (!LastOf(changed, path).All(read => read?.Value == value && read.Source.Line == number))
        {
            throw NodeException.Create(
                Messages.ResourceManager, nameof(Messages.SysctlNotPersistable), NodeErrorCategory.InvalidArgument, SysctlKey.ToName(path));
        }

        return (changed, number);
    }

    /// <summary>The last line about a key, as either tool reads the file.</summary>
    private static SysctlAssignment?[] LastOf(byte[] content, string path)
    {
        var file = new ConfigFile("", content);
        return
        [
            SysctlGrammar.ReadAsSystemd(file).Assignments.LastOrDefault(a => a.Path == path),
            SysctlGrammar.ReadAsProcps(file).Assignments.LastOrDefault(a => a.Path == path),
        ];
    }

    /// <summary>Takes out every line that sets a key by its name. Gives the new content and the numbers that the lines had.</summary>
    public static (byte[] Content, int[] Lines) Remove(byte[] content, string path)
    {
        ArgumentNullException.ThrowIfNull(content);
        var removed = Lines(content).Where(l => l.About == path && !l.IsExclusion).ToArray();
        var kept = new List<byte>(content.Length);
        int from = 0;
        foreach (var line in removed)
        {
            kept.AddRange(content.AsSpan(from, line.Start - from));
            from = line.End;
        }

        kept.AddRange(content.AsSpan(from));
        return ([.. kept], [.. removed.Select(l => l.Number)]);
    }

    /// <summary>
    /// The lines that both tools take for one line about one key. A carriage return or NUL in mid-line splits it for one tool and not for the
    /// other; such a line is left alone.
    /// </summary>
    private static List<Line> Lines(byte[] content)
    {
        var lines = new List<Line>();
        int start = 0;
        for (int number = 1; start < content.Length; number++)
        {
            int length = content.AsSpan(start).IndexOf((byte)'\n');
            int end = length < 0 ? content.Length : start + length + 1;
            var text = content.AsSpan(start, end - start).TrimEnd("\r\n"u8);
            var file = new ConfigFile("", content.AsMemory(start, text.Length));
            if (text.IndexOfAny((byte)'\r', (byte)0) < 0 && SysctlGrammar.ReadAsSystemd(file).Assignments is [{ IsPattern: false } line]
                && SysctlGrammar.ReadAsProcps(file).Assignments is [var same] && same.Path == line.Path)
            {
                int equals = text.IndexOf((byte)'=') + 1;
                int blanks = text[equals..].IndexOfAnyExcept((byte)' ', (byte)'\t');
                int valueStart = equals + (blanks < 0 ? text.Length - equals : blanks);
                int valueEnd = Math.Max(valueStart, text.TrimEnd(" \t"u8).Length);
                lines.Add(new Line(number, start, end, start + valueStart, start + valueEnd, line.Path, line.Value));
            }

            start = end;
        }

        return lines;
    }

    private readonly record struct Line(int Number, int Start, int End, int ValueStart, int ValueEnd, string About, string? Value)
    {
        public bool IsExclusion => Value is null;
    }
}
