using System.Management.Automation;
using K8sNetfilter.Completion;
using K8sNetfilter.Errors;
using K8sNetfilter.Links;
using K8sNetfilter.Text;

namespace K8sNetfilter.Commands;

/// <summary>Gets the ports of the node's bridges, what they are set to do, and the pods behind them.</summary>
[Cmdlet(VerbsCommon.Get, "NodeBridgePort")]
[OutputType(typeof(BridgePort))]
public sealed class GetNodeBridgePortCommand : NetworkNodeCommand, ISnapshotReader
{
    private IReadOnlyList<Bridge>? _bridges;

    /// <summary>Names of ports; all where it is left out.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BridgePortCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Names of bridges; all where it is left out.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BridgeCompleter))]
    public string[]? Bridge { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string? Snapshot { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        // What is behind a port does not depend on the switches, so that they need not be read.
        _bridges ??= BridgeView.Read(Node.Links, BridgeNetfilterSwitches.Unknown, WriteWarning, StopToken)
            ?? throw NoAnswer();
        IReadOnlyList<Bridge> bridges = _bridges;
        if (Bridge is not null)
        {
            bridges = Select(bridges, Bridge, b => b.Name, nameof(Messages.BridgeNotFound));
        }

        IReadOnlyList<BridgePort> ports = [.. bridges.SelectMany(b => b.Ports)];
        if (Name is not null)
        {
            ports = Select(ports, Name, p => p.Name, nameof(Messages.BridgePortNotFound));
        }

        WriteObject(ports, enumerateCollection: true);
    }

    private protected override bool IsNoSnapshot(string path)
    {
        Name = NameBeside(Name, path);
        return Name is not null && !IsTyped(nameof(Name));
    }

    private protected override void LeaveNode() => _bridges = null;

    // Those that a name selects, each once and in their own order. A name without wildcards that selects nothing is an error.
    private List<T> Select<T>(IReadOnlyList<T> items, string[] names, Func<T, string> nameOf, string missingId)
        where T : class
    {
        var patterns = names.Select(n => (Name: n, Pattern: WildcardPattern.Get(n, WildcardOptions.CultureInvariant))).ToList();
        foreach (var (name, pattern) in patterns)
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name) && !items.Any(i => pattern.IsMatch(nameOf(i))))
            {
                string shown = Printable.Text(name);
                WriteNodeError(NodeException.Create(Messages.ResourceManager, missingId, NodeErrorCategory.NotFound, shown, Node.Description), name);
            }
        }

        return [.. items.Where(i => patterns.Exists(p => p.Pattern.IsMatch(nameOf(i))))];
    }
}
