namespace K8sNetfilter.Nftables.Syntax;

/// <summary>A ruleset as a file has it.</summary>
/// <param name="Tables">The tables, in the order of the file.</param>
internal sealed record RulesetSyntax(IReadOnlyList<TableSyntax> Tables)
{
    /// <summary>What is in the file and was not understood, in its order; the rest of the file is read.</summary>
    public IReadOnlyList<UnreadSyntax> Unread { get; init; } = [];
}

/// <summary>A part of a file that was not understood.</summary>
/// <param name="Line">The line, from 1; of JSON the number of the entry.</param>
/// <param name="Column">The column, from 1; 0 for JSON.</param>
/// <param name="Text">The part, cut to a length that a message can have.</param>
/// <param name="Reason">What is not understood.</param>
internal sealed record UnreadSyntax(int Line, int Column, string Text, string Reason)
{
    /// <summary>Where it belongs: <c>table inet t chain c</c>; empty outside of tables.</summary>
    public string Owner { get; init; } = "";

    public override string ToString() => Column > 0 ? $"line {Line}, column {Column}: {Reason}" : $"entry {Line}: {Reason}";
}

/// <summary>A table.</summary>
internal sealed record TableSyntax(string Family, string Name)
{
    /// <summary>dormant, owner, persist.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    public string? Comment { get; init; }

    public ulong Handle { get; init; }

    public IReadOnlyList<ObjectSyntax> Objects { get; init; } = [];

    public IReadOnlyList<SetSyntax> Sets { get; init; } = [];

    public IReadOnlyList<FlowtableSyntax> Flowtables { get; init; } = [];

    public IReadOnlyList<ChainSyntax> Chains { get; init; } = [];
}

/// <summary>A chain.</summary>
internal sealed record ChainSyntax(string Name)
{
    public ulong Handle { get; init; }

    public string? Comment { get; init; }

    /// <summary>Where it is in the kernel's path; null for a chain that is only jumped to.</summary>
    public HookSyntax? Hook { get; init; }

    public IReadOnlyList<RuleSyntax> Rules { get; init; } = [];
}

/// <summary>Where a base chain is.</summary>
/// <param name="Type">filter, nat, route.</param>
/// <param name="Hook">prerouting, input, forward, output, postrouting, ingress, egress.</param>
/// <param name="Priority">Its place among the chains of the hook.</param>
internal sealed record HookSyntax(string Type, string Hook, int Priority)
{
    /// <summary>accept, drop; null if none is written, which means accept.</summary>
    public string? Policy { get; init; }

    /// <summary>The interfaces of a chain at ingress or egress.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    public bool IsOffloaded { get; init; }
}

/// <summary>A rule.</summary>
/// <param name="Statements">Its statements, in their order.</param>
internal sealed record RuleSyntax(IReadOnlyList<StatementSyntax> Statements)
{
    public ulong Handle { get; init; }

    public string? Comment { get; init; }

    /// <summary>The line of the file, from 1; of JSON the number of the entry.</summary>
    public int Line { get; init; }

    /// <summary>The rule's own text if a part of it was not understood; null otherwise. Then there are no statements.</summary>
    public string? Raw { get; init; }
}

/// <summary>A set or map.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Key">The type of its keys.</param>
internal sealed record SetSyntax(string Name, DataType Key)
{
    public ulong Handle { get; init; }

    public bool IsMap { get; init; }

    /// <summary>What <c>typeof</c> has in place of types; null if <c>type</c> is written.</summary>
    public ExpressionSyntax? KeyExpression { get; init; }

    /// <summary>The type of the data of a map; null for a set and for a map of objects.</summary>
    public DataType? Data { get; init; }

    public ExpressionSyntax? DataExpression { get; init; }

    /// <summary>counter, quota, limit, ct helper ...: what a map of objects has; null otherwise.</summary>
    public string? ObjectKind { get; init; }

    /// <summary>Whether the data are ranges: a map with <c>interval</c> before its type.</summary>
    public bool HasDataIntervals { get; init; }

    public uint Size { get; init; }

    /// <summary>constant, interval, timeout, dynamic.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    public TimeSpan? Timeout { get; init; }

    public TimeSpan? GcInterval { get; init; }

    /// <summary>performance, memory; null if none is written.</summary>
    public string? Policy { get; init; }

    public bool AutoMerge { get; init; }

    public string? Comment { get; init; }

    /// <summary>Statements that each new element gets.</summary>
    public IReadOnlyList<StatementSyntax> Statements { get; init; } = [];

    public IReadOnlyList<ElementSyntax> Elements { get; init; } = [];
}

/// <summary>A flowtable.</summary>
internal sealed record FlowtableSyntax(string Name)
{
    public ulong Handle { get; init; }

    public int Priority { get; init; }

    public IReadOnlyList<string> Devices { get; init; } = [];

    public bool IsOffloaded { get; init; }

    public bool HasCounter { get; init; }
}
