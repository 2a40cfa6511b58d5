namespace K8sNetfilter.Simulation.Steps;

/// <summary>Where a branch goes after a rule's target.</summary>
internal enum AfterRule
{
    /// <summary>On with the next rule of whatever chain the branch is in now.</summary>
    Next,

    /// <summary>The base chain accepts.</summary>
    Passed,

    /// <summary>The branch has ended or gone elsewhere.</summary>
    Gone,
}
