namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>Takes out what a tool that colours its output has put in: <c>ESC [ ... m</c>, and the <c>ESC [ K</c> of grep --color.</summary>
internal static class TerminalColour
{
    /// <summary>The text without colours. Any other escape sequence stays.</summary>
    public static byte[] Remove(ReadOnlySpan<byte> text)
    {
        var result = new byte[text.Length];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == 0x1B && i + 1 < text.Length && text[i + 1] == '[')
            {
                int end = i + 2;
                while (end < text.Length && text[end] is >= (byte)'0' and <= (byte)'?')
                {
                    end++;
                }

                if (end < text.Length && text[end] is (byte)'m' or (byte)'K')
                {
                    i = end;
                    continue;
                }
            }

            result[length++] = text[i];
        }

        return result[..length];
    }
}
