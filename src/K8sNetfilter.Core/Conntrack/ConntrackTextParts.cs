namespace K8sNetfilter.Conntrack;

/// <summary>What a line of text carries beyond the usual; the values of <c>conntrack -o</c>.</summary>
[Flags]
public enum ConntrackTextParts
{
    /// <summary>As <c>conntrack -L</c>.</summary>
    None = 0,

    /// <summary>The family in front (<c>-o extended</c>).</summary>
    Extended = 1,

    /// <summary>The identifier (<c>-o id</c>).</summary>
    Id = 2,

    /// <summary>Start and stop, in UTC (<c>-o ktimestamp</c>).</summary>
    Timestamp = 4,

    /// <summary>The labels (<c>-o labels</c>).</summary>
    Labels = 8,

    /// <summary>All of them: what a snapshot keeps.</summary>
    All = Extended | Id | Timestamp | Labels,
}
