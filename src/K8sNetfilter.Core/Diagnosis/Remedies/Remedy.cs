using K8sNetfilter.Nodes;

namespace K8sNetfilter.Diagnosis.Remedies;

/// <summary>What to do about a finding: commands, one after the other.</summary>
/// <param name="Steps">The commands.</param>
internal sealed record Remedy(IReadOnlyList<RemedyStep> Steps)
{
    /// <summary>What else is to be known, behind the commands; null for nothing.</summary>
    public string? Note { get; init; }

    /// <summary>True where the node after it is known.</summary>
    public bool IsModelled
    {
        get
        {
            foreach (var step in Steps)
            {
                if (!step.IsModelled)
                {
                    return false;
                }
            }

            return Steps.Count > 0;
        }
    }

    /// <summary>Commands, one after the other.</summary>
    public static Remedy Of(params RemedyStep[] steps) => new(steps);

    /// <summary>A cmdlet that shows more.</summary>
    public static Remedy Look(string cmdlet, string? note = null) => new([new PlainStep(CommandKind.Look, cmdlet)]) { Note = note };

    /// <summary>A cmdlet that needs the running node.</summary>
    public static Remedy Cmdlet(string cmdlet) => new([new PlainStep(CommandKind.Cmdlet, cmdlet)]);

    /// <summary>Tools on the node.</summary>
    public static Remedy Tools(params string[] commands) => new([.. commands.Select(c => new PlainStep(CommandKind.Tool, c))]);

    /// <summary>kubectl(1), or words.</summary>
    public static Remedy Cluster(string command) => new([new PlainStep(CommandKind.Cluster, command)]);

    /// <summary>These commands, and then those of another.</summary>
    public Remedy And(Remedy more) => new([.. Steps, .. more.Steps]) { Note = more.Note ?? Note };

    /// <summary>The line for a node.</summary>
    public string Text(CommandPlace place)
    {
        bool isOnNode = false;
        string line = Steps[0].Command(place);
        for (int i = 0; i < Steps.Count; i++)
        {
            isOnNode |= Steps[i].IsOnNode;
            line = i == 0 ? line : $"{line}; {Steps[i].Command(place)}";
        }

        return (isOnNode ? place.On(line) : line) + (Note is null ? "" : $"   ({Note})");
    }
}
