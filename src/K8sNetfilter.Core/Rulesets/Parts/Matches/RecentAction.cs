namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>What a <c>recent</c> match does.</summary>
public enum RecentAction : long
{
    /// <summary>Adds the address, or its time.</summary>
    Set,

    /// <summary>Looks it up (<c>--rcheck</c>).</summary>
    Check,

    /// <summary>Looks it up, and sets its time if it is there.</summary>
    Update,

    /// <summary>Takes it out.</summary>
    Remove,
}
