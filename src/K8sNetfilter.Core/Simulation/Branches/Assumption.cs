namespace K8sNetfilter.Simulation.Branches;

/// <summary>
/// What a branch assumes where the data does not decide; a list, newest first. A question forks the walk, and each branch has one of its
/// answers. What is granted does not fork it: the opposite is not followed, and the branch's end holds only if the text is true.
/// </summary>
internal sealed class Assumption(string key, string text, string opposite, bool value, Assumption? previous)
{
    /// <summary>Adds something granted, such as that a socket listens where nobody could look; once for each key.</summary>
    public static Assumption Grant(Assumption? list, string key, string text) =>
        Find(list, key) is null ? new Assumption(key, text, "", true, list) { IsGranted = true } : list!;

    /// <summary>Names the question: branches that answer the same question differently can join again.</summary>
    public string Key { get; } = key;

    /// <summary>The assumption in words.</summary>
    public string Text { get; } = text;

    public string Opposite { get; } = opposite;

    public bool Value { get; } = value;

    public Assumption? Previous { get; } = previous;

    /// <summary>The other answer is not followed.</summary>
    public bool IsGranted { get; private init; }

    public int Count { get; } = (previous?.Count ?? 0) + 1;

    /// <summary>Whether the list answers a question of which another branch has the other answer.</summary>
    public static bool HasQuestions(Assumption? list)
    {
        for (; list is not null; list = list.Previous)
        {
            if (!list.IsGranted)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What the list says about a question; null where it says nothing.</summary>
    public static bool? Find(Assumption? list, string key)
    {
        for (; list is not null; list = list.Previous)
        {
            if (list.Key == key)
            {
                return list.Value;
            }
        }

        return null;
    }

    /// <summary>The texts in the order in which they were made, each once: several packets of a connection can meet one rule.</summary>
    public static string[] Texts(Assumption? list)
    {
        var texts = new string[list?.Count ?? 0];
        for (int i = texts.Length - 1; i >= 0; i--, list = list!.Previous)
        {
            texts[i] = list!.Text;
        }

        return texts.Length < 2 ? texts : [.. texts.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The newest question that the list answers; null if it answers none.</summary>
    public static Assumption? NewestQuestion(Assumption? list)
    {
        while (list is { IsGranted: true })
        {
            list = list.Previous;
        }

        return list;
    }

    /// <summary>Whether a list has all answers of a shorter one, apart from those to one question and what is granted.</summary>
    public static bool Includes(Assumption? list, Assumption? shorter, Assumption? but = null)
    {
        for (; shorter is not null; shorter = shorter.Previous)
        {
            if (!shorter.IsGranted && shorter.Text != but?.Text && shorter.Text != but?.Opposite
                && Find(list, shorter.Key) != shorter.Value)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What is granted, as the end of a sentence: <c>, if 10.244.0.3 listens on 8080/tcp</c>; empty where nothing is.</summary>
    public static string Condition(Assumption? list)
    {
        string text = "";
        for (; list is not null; list = list.Previous)
        {
            text = list.IsGranted ? list.Text + (text.Length == 0 ? "" : ", and ") + text : text;
        }

        return text.Length == 0 ? "" : BranchMessages.If(text);
    }

    /// <summary>
    /// Joins two lists of branches that have become the same. Equal lists stay; lists that differ in the answer to one question lose that
    /// question, because both answers lead here. Others do not join.
    /// </summary>
    public static bool TryJoin(Assumption? left, Assumption? right, out Assumption? joined, out bool sameCase)
    {
        sameCase = false;
        joined = left;
        if ((left?.Count ?? 0) != (right?.Count ?? 0))
        {
            return false;
        }

        Assumption? differs = null;
        for (Assumption? a = left, b = right; !ReferenceEquals(a, b); a = a.Previous, b = b.Previous)
        {
            if (a!.Key != b!.Key)
            {
                return false;
            }

            if (a.Value != b.Value)
            {
                if (differs is not null)
                {
                    return false;
                }

                differs = a;
            }
        }

        if (differs is null)
        {
            sameCase = true;
            return true;
        }

        Assumption[] keep = [.. Newer(left, differs)];
        joined = differs.Previous;
        for (int i = keep.Length - 1; i >= 0; i--)
        {
            joined = new Assumption(keep[i].Key, keep[i].Text, keep[i].Opposite, keep[i].Value, joined) { IsGranted = keep[i].IsGranted };
        }

        return true;
    }

    private static IEnumerable<Assumption> Newer(Assumption? list, Assumption end)
    {
        for (; !ReferenceEquals(list, end); list = list!.Previous)
        {
            yield return list!;
        }
    }
}
