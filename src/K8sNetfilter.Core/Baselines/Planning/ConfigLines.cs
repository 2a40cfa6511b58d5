using K8sNetfilter.Text;

namespace K8sNetfilter.Baselines.Planning;

/// <summary>Lines of configuration files that are put out of force and stay readable. All other bytes stay as they are.</summary>
internal static class ConfigLines
{
    /// <summary>A line by its number, counted from 1 by line feeds, without its end; null where the file has fewer.</summary>
    public static byte[]? At(ReadOnlySpan<byte> content, int number)
    {
        for (int line = 1; ; line++)
        {
            int length = content.IndexOf((byte)'\n');
            var text = length < 0 ? content : content[..length];
            if (line == number)
            {
                return text.IsEmpty && length < 0 ? null : text.ToArray();
            }

            if (length < 0)
            {
                return null;
            }

            content = content[(length + 1)..];
        }
    }

    /// <summary>
    /// Makes a comment of every line that is, byte for byte, <paramref name="line"/>: a number sign starts one in sysctl.d(5), modules-load.d(5) and
    /// modprobe.d(5).
    /// </summary>
    public static byte[] CommentOut(byte[] content, byte[] line, string note)
    {
        byte[] start = ByteText.Encode($"# {note}: ");
        var changed = new List<byte>(content.Length + start.Length);
        var rest = content.AsSpan();
        while (!rest.IsEmpty)
        {
            int length = rest.IndexOf((byte)'\n');
            var text = length < 0 ? rest : rest[..length];
            if (text.SequenceEqual(line))
            {
                changed.AddRange(start);
            }

            int next = length < 0 ? rest.Length : length + 1;
            changed.AddRange(rest[..next]);
            rest = rest[next..];
        }

        return [.. changed];
    }
}
