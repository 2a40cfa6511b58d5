namespace K8sNetfilter.Baselines;

/// <summary>
/// A value in a data file, with the place where it stands: what JSON and PowerShell data (.psd1) have in common, so that one reader serves
/// both and every error names its line.
/// </summary>
public sealed class DataNode
{
    private DataNode(DataKind kind, int line, int column)
    {
        Kind = kind;
        Line = line;
        Column = column;
    }

    /// <summary>What kind of value it is.</summary>
    public DataKind Kind { get; }

    /// <summary>The line where it begins, counted from 1.</summary>
    public int Line { get; }

    /// <summary>The column where it begins, counted from 1.</summary>
    public int Column { get; }

    /// <summary>The text of a string or a number; null for every other kind.</summary>
    public string? Text { get; private init; }

    /// <summary>The value of a Boolean.</summary>
    public bool IsTrue { get; private init; }

    /// <summary>The items of a list; empty for every other kind.</summary>
    public IReadOnlyList<DataNode> Items { get; private init; } = [];

    /// <summary>The entries of a map in the order of the file; empty for every other kind.</summary>
    public IReadOnlyList<DataEntry> Entries { get; private init; } = [];

    /// <summary>Makes a string.</summary>
    public static DataNode FromText(string text, int line, int column) => new(DataKind.Text, line, column) { Text = text };

    /// <summary>Makes a number; its text is kept as it was written.</summary>
    public static DataNode FromNumber(string text, int line, int column) => new(DataKind.Number, line, column) { Text = text };

    /// <summary>Makes a Boolean.</summary>
    public static DataNode FromBoolean(bool value, int line, int column) => new(DataKind.Boolean, line, column) { IsTrue = value };

    /// <summary>Makes a null.</summary>
    public static DataNode FromNull(int line, int column) => new(DataKind.Null, line, column);

    /// <summary>Makes a list.</summary>
    public static DataNode FromList(IReadOnlyList<DataNode> items, int line, int column) => new(DataKind.List, line, column) { Items = items };

    /// <summary>Makes a map.</summary>
    public static DataNode FromMap(IReadOnlyList<DataEntry> entries, int line, int column) => new(DataKind.Map, line, column) { Entries = entries };
}
