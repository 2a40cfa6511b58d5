namespace K8sNetfilter.Baselines;

/// <summary>Kinds of value in a data file.</summary>
public enum DataKind
{
    /// <summary>No value.</summary>
    Null,

    /// <summary>Text.</summary>
    Text,

    /// <summary>A number, kept as its text.</summary>
    Number,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>Values in order.</summary>
    List,

    /// <summary>Named values.</summary>
    Map,
}
