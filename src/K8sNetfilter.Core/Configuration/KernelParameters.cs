namespace K8sNetfilter.Configuration;

/// <summary>
/// The kernel command line as the kernel itself splits it (<c>next_arg()</c> in lib/cmdline.c, <c>parse_args()</c> in kernel/params.c):
/// blanks separate, the double quote groups, and what follows <c>--</c> is init's.
/// </summary>
internal static class KernelParameters
{
    /// <summary>The parameters in order; the value is null where there is no equals sign.</summary>
    public static IEnumerable<(string Name, string? Value)> Read(string? text)
    {
        text ??= "";
        int at = 0;
        while (true)
        {
            while (at < text.Length && IsSpace(text[at]))
            {
                at++;
            }

            if (at >= text.Length)
            {
                yield break;
            }

            bool wholeQuoted = text[at] == '"';
            bool quoted = wholeQuoted;
            int start = wholeQuoted ? ++at : at;
            int equals = -1;
            for (; at < text.Length && (quoted || !IsSpace(text[at])); at++)
            {
                quoted ^= text[at] == '"';
                equals = equals < 0 && text[at] == '=' && at > start ? at : equals;
            }

            int end = wholeQuoted && at > start && text[at - 1] == '"' ? at - 1 : at;
            string name = text[start..(equals < 0 ? end : equals)];
            string? value = equals < 0 ? null : text[(equals + 1)..Math.Max(end, equals + 1)];
            if (value is ['"', ..])
            {
                value = value is [_, .., '"'] ? value[1..^1] : value[1..];
            }

            if (name == "--" && value is null)
            {
                yield break;
            }

            yield return (name, value);
        }
    }

    /// <summary>isspace(), less the non-breaking space of Latin 1.</summary>
    public static bool IsSpace(char c) => c is ' ' or (>= '\t' and <= '\r');
}
