namespace K8sNetfilter.Host.Engine;

/// <summary>What to say of a command that is not here.</summary>
internal static class UnknownCommand
{
    /// <summary>One line: what is missing, the nearest name that is here, and where the rest of PowerShell is.</summary>
    public static string Explain(string name)
    {
        string? near = Nearest(name);
        string hint = near is null ? "" : $" Did you mean {near}?";
#if POWERSHELL_SDK
        return $"k8snf: There is no command {name}.{hint}";
#else
        return $"k8snf: There is no command {name} here.{hint} k8snf has this module's commands and PowerShell's language; "
            + "Select-Object, Sort-Object and the like are in pwsh (Import-Module K8sNetfilter).";
#endif
    }

    private static string? Nearest(string name)
    {
        string? best = null;
        int least = Math.Min(4, name.Length / 3 + 1);
        foreach (string known in ModuleCmdlets.All.Keys)
        {
            int distance = Distance(name, known);
            if (distance < least)
            {
                (best, least) = (known, distance);
            }
        }

        return best;
    }

    /// <summary>How many characters differ (Levenshtein), case apart. A name that is far too long is not compared.</summary>
    private static int Distance(string one, string other)
    {
        if (Math.Abs(one.Length - other.Length) > 4)
        {
            return int.MaxValue;
        }

        int[] above = [.. Enumerable.Range(0, other.Length + 1)];
        for (int i = 1; i <= one.Length; i++)
        {
            int diagonal = above[0];
            above[0] = i;
            for (int j = 1; j <= other.Length; j++)
            {
                int same = char.ToUpperInvariant(one[i - 1]) == char.ToUpperInvariant(other[j - 1]) ? 0 : 1;
                (diagonal, above[j]) = (above[j], Math.Min(Math.Min(above[j] + 1, above[j - 1] + 1), diagonal + same));
            }
        }

        return above[^1];
    }
}
