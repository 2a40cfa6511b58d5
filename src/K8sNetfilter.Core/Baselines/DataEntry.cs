namespace K8sNetfilter.Baselines;

/// <summary>One entry of a map in a data file.</summary>
/// <param name="Key">The key as it was written.</param>
/// <param name="Line">The key's line, counted from 1.</param>
/// <param name="Column">The key's column, counted from 1.</param>
/// <param name="Value">The value.</param>
public sealed record DataEntry(string Key, int Line, int Column, DataNode Value);
