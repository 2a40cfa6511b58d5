using K8sNetfilter.Nodes;

namespace K8sNetfilter.Diagnosis.Remedies;

/// <summary>A command that shows more, or whose effect is not in what was read of the node: the restart of a component.</summary>
/// <param name="Kind">Where it is run.</param>
/// <param name="Text">The command line.</param>
internal sealed record PlainStep(CommandKind Kind, string Text) : RemedyStep
{
    /// <inheritdoc/>
    public override bool IsModelled => false;

    /// <inheritdoc/>
    public override bool IsOnNode => Kind is CommandKind.Cmdlet or CommandKind.Tool;

    /// <inheritdoc/>
    public override string Command(CommandPlace place) => Kind switch
    {
        CommandKind.Look => place.Look(Text),
        CommandKind.Cmdlet => place.Cmdlet(Text),
        CommandKind.Tool => place.Tool(Text),
        _ => place.Cluster(Text),
    };
}
