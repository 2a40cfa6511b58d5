namespace K8sNetfilter.Nftables.Syntax;

/// <summary>An object that rules name.</summary>
/// <param name="Kind">counter, quota, limit, ct helper, ct timeout, ct expectation, synproxy, secmark.</param>
/// <param name="Name">Its name.</param>
internal abstract record ObjectSyntax(string Kind, string Name)
{
    public ulong Handle { get; init; }

    public string? Comment { get; init; }
}

/// <summary>A counter, quota, limit or synproxy: what a rule of its own could say.</summary>
internal sealed record StatementObjectSyntax(string Kind, string Name, StatementSyntax Statement) : ObjectSyntax(Kind, Name);

/// <summary>A helper of conntrack.</summary>
internal sealed record CtHelperSyntax(string Name, string Helper, string Protocol, string Layer3) : ObjectSyntax("ct helper", Name);

/// <summary>Timeouts of conntrack, in seconds for each state of the protocol.</summary>
internal sealed record CtTimeoutSyntax(string Name, string Protocol, string Layer3, IReadOnlyList<KeyValuePair<string, uint>> Policy)
    : ObjectSyntax("ct timeout", Name);

/// <summary>A connection that is expected.</summary>
internal sealed record CtExpectationSyntax(string Name, string Protocol, string Layer3, ushort Port, TimeSpan Timeout, byte Size)
    : ObjectSyntax("ct expectation", Name);

/// <summary>A security label.</summary>
internal sealed record SecmarkSyntax(string Name, string Context) : ObjectSyntax("secmark", Name);
