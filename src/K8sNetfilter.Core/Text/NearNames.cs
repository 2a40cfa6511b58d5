namespace K8sNetfilter.Text;

/// <summary>Finds what somebody may have meant who misspelt a name.</summary>
public static class NearNames
{
    // A name that is longer is not compared: the work grows with the square.
    private const int MostLength = 200;

    /// <summary>The names that are nearest, the nearest first; none where none is near.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="known">The names that there are.</param>
    /// <param name="most">How many are wanted.</param>
    public static IReadOnlyList<string> Find(string name, IEnumerable<string> known, int most = 3)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(known);
        int limit = Math.Min(4, name.Length / 3 + 1);
        return
        [
            .. known.Distinct(StringComparer.Ordinal).Select(k => (Name: k, Distance: Distance(name, k, limit)))
                .Where(k => k.Distance < limit).OrderBy(k => k.Distance).ThenBy(k => k.Name, StringComparer.Ordinal).Take(most)
                .Select(k => k.Name),
        ];
    }

    /// <summary>
    /// How many characters are wrong, missing, too many or in each other's place (optimal string alignment), whatever their case; the limit
    /// or more where that is reached.
    /// </summary>
    private static int Distance(string one, string other, int limit)
    {
        if (Math.Abs(one.Length - other.Length) >= limit || one.Length > MostLength)
        {
            return limit;
        }

        int[] twoAbove = new int[other.Length + 1], above = new int[other.Length + 1], row = new int[other.Length + 1];
        for (int j = 0; j < above.Length; j++)
        {
            above[j] = j;
        }

        for (int i = 1; i <= one.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= other.Length; j++)
            {
                int least = Math.Min(Math.Min(above[j], row[j - 1]) + 1, above[j - 1] + (IsSame(one[i - 1], other[j - 1]) ? 0 : 1));
                bool isSwapped = i > 1 && j > 1 && IsSame(one[i - 1], other[j - 2]) && IsSame(one[i - 2], other[j - 1]);
                row[j] = isSwapped ? Math.Min(least, twoAbove[j - 2] + 1) : least;
            }

            (twoAbove, above, row) = (above, row, twoAbove);
        }

        return above[^1];
    }

    private static bool IsSame(char one, char other) => char.ToUpperInvariant(one) == char.ToUpperInvariant(other);
}
