using System.Management.Automation;
using K8sNetfilter.Addressing;
using K8sNetfilter.Completion;
using K8sNetfilter.Errors;
using K8sNetfilter.Sets;
using K8sNetfilter.Surface;
using K8sNetfilter.Text;

namespace K8sNetfilter.Commands;

/// <summary>Gets the sets and maps that rules look into, with their elements.</summary>
[Cmdlet(VerbsCommon.Get, "NetfilterSet")]
[OutputType(typeof(NetfilterSet))]
public sealed class GetNetfilterSetCommand : NetworkNodeCommand, ISnapshotReader
{
    /// <summary>Names of sets; wildcards are allowed. All where it is left out.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NetfilterSetCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>IPv4 or IPv6; both where it is left out. Sets that serve both families are always shown.</summary>
    [Parameter]
    [Alias("IPFamily")]
    [ValidateNotNullOrEmpty]
    public IPFamily[] Family { get; set; } = [];

    /// <summary>Names of nftables tables; wildcards are allowed. Sets of ipset have no table.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = [];

    /// <summary>The kinds that are shown; all where it is left out.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public NetfilterSetKind[] Kind { get; set; } = [];

    /// <summary>Only the sets that contain one of these: addresses, prefixes, ports, or whole keys such as 10.96.0.1,tcp:443.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Contains { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string? Snapshot { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        var names = new NamePatterns(Name);
        var tables = new NamePatterns(Table);
        var family = FamilyChoice.Of(Family);
        bool isKnown = false;
        foreach (var source in Sources())
        {
            var sets = source.ReadSets(WriteWarning, StopToken);
            isKnown |= sets is not null;
            foreach (var set in sets?.Where(s => names.Matches(s.Name)) ?? [])
            {
                StopToken.ThrowIfCancellationRequested();
                names.Found(set.Name);
                if (set.IsOf(family) && (Table.Length == 0 || (set.Table is { } table && tables.Matches(table)))
                    && (Kind.Length == 0 || Kind.Contains(set.Kind))
                    && (Contains.Length == 0 ? set : set.Containing(Contains)) is { } shown)
                {
                    WriteObject(shown);
                }
            }
        }

        if (!isKnown)
        {
            throw NoAnswer();
        }

        foreach (string name in names.Missing)
        {
            WriteNodeError(
                NodeException.Create(Messages.ResourceManager, nameof(Messages.SetNotFound), NodeErrorCategory.NotFound,
                    Printable.Text(name), Node.Description),
                name);
        }
    }

    // One for each tool that keeps sets.
    private IEnumerable<INetfilterSetSource> Sources() => [new IpsetSets(Node.Ipsets)];
}
