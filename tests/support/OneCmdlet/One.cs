namespace OneCmdlet;

/// <summary>What the one cmdlet writes and the one view shows.</summary>
public sealed class One
{
    /// <summary>One.</summary>
    public int Number { get; } = 1;
}
