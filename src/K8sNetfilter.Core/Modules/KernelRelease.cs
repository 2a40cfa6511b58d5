namespace K8sNetfilter.Modules;

/// <summary>Kernel releases such as <c>6.1.0-18-amd64</c>, the names of the folders below /lib/modules.</summary>
public static class KernelRelease
{
    /// <summary>Puts the older one first: numbers are compared as numbers, what stands between them as text.</summary>
    public static IComparer<string> Order { get; } = Comparer<string>.Create(Compare);

    private static int Compare(string a, string b)
    {
        int i = 0, j = 0;
        while (i < a.Length && j < b.Length)
        {
            bool digits = char.IsAsciiDigit(a[i]) && char.IsAsciiDigit(b[j]);
            string left = Run(a, ref i, digits), right = Run(b, ref j, digits);
            int order = digits
                ? left.TrimStart('0').Length.CompareTo(right.TrimStart('0').Length) is not 0 and var byLength
                    ? byLength
                    : string.CompareOrdinal(left.TrimStart('0'), right.TrimStart('0'))
                : string.CompareOrdinal(left, right);
            if (order != 0)
            {
                return order;
            }
        }

        return (a.Length - i).CompareTo(b.Length - j) is not 0 and var rest ? rest : string.CompareOrdinal(a, b);
    }

    private static string Run(string text, ref int at, bool digits)
    {
        int start = at++;
        while (digits && at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        return text[start..at];
    }
}
