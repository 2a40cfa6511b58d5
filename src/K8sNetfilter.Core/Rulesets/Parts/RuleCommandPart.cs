namespace K8sNetfilter.Rulesets.Parts;

/// <summary>Words of a rule that neither match nor act: the command with its chain, counters (<c>-c</c>), a family (<c>-4</c>).</summary>
internal sealed class RuleCommandPart(RulePartSource words) : RulePart(words)
{
    /// <summary>The words as they are written.</summary>
    public override string ToString() => Written();
}
