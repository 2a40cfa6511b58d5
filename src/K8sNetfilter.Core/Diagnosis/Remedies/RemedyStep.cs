using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Nodes;

namespace K8sNetfilter.Diagnosis.Remedies;

/// <summary>One command of a remedy: what it is called by, and what it does to a node.</summary>
internal abstract record RemedyStep
{
    /// <summary>True where the node after it is known, so that the diagnosis can be run on that.</summary>
    public virtual bool IsModelled => true;

    /// <summary>True where it has to be run on the node itself.</summary>
    public virtual bool IsOnNode => true;

    /// <summary>The command line for a node.</summary>
    public abstract string Command(CommandPlace place);

    /// <summary>The observed node with the change. Only where <see cref="IsModelled"/>.</summary>
    public virtual HairpinFacts Apply(HairpinFacts node) => node;
}
