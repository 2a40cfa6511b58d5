using System.Management.Automation;
using K8sNetfilter.Addressing;
using K8sNetfilter.Completion;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Errors;
using K8sNetfilter.Surface;
using K8sNetfilter.Text;

namespace K8sNetfilter.Commands;

/// <summary>Gets the connections that the kernel tracks, with their translations.</summary>
[Cmdlet(VerbsCommon.Get, "ConntrackEntry")]
[OutputType(typeof(ConntrackEntry))]
public sealed class GetConntrackEntryCommand : NetworkNodeCommand, ISnapshotReader
{
    private const int HandfulSize = 64;

    /// <summary>IPv4 or IPv6; both where it is left out.</summary>
    [Parameter]
    [Alias("IPFamily")]
    [ValidateNotNullOrEmpty]
    public IPFamily[] Family { get; set; } = [];

    /// <summary>Protocol names or numbers.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ProtocolCompleter))]
    public string[] Protocol { get; set; } = [];

    /// <summary>Source addresses or prefixes of the first packet.</summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(NodeAddressCompleter))]
    public string[] Source { get; set; } = [];

    /// <summary>Destination addresses or prefixes of the first packet: for a Service its ClusterIP.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(NodeAddressCompleter))]
    public string[] Destination { get; set; } = [];

    /// <summary>Addresses or prefixes that replies come from: for a Service its endpoint.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NodeAddressCompleter))]
    public string[] ReplySource { get; set; } = [];

    /// <summary>Source ports of the first packet.</summary>
    [Parameter]
    public ushort[] SourcePort { get; set; } = [];

    /// <summary>Destination ports of the first packet.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ServicePortCompleter))]
    public ushort[] DestinationPort { get; set; } = [];

    /// <summary>States of TCP, SCTP or DCCP.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ConntrackStateCompleter))]
    public string[] State { get; set; } = [];

    /// <summary>The mark, as a value or value/mask.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Mark { get; set; }

    /// <summary>The zone.</summary>
    [Parameter]
    public ushort Zone { get; set; }

    /// <summary>Only connections that saw no reply.</summary>
    [Parameter]
    public SwitchParameter Unreplied { get; set; }

    /// <summary>Only connections whose source or destination is translated.</summary>
    [Parameter]
    public SwitchParameter Translated { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string? Snapshot { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        var entries = Node.Conntrack.Read(Filter(), WriteWarning, StopToken)
            ?? throw NoAnswer();
        // The engine's own work for a call is more than for an object, so objects go in handfuls; what there is goes before a failure does.
        var handful = new List<ConntrackEntry>(HandfulSize);
        try
        {
            foreach (var entry in entries)
            {
                handful.Add(entry);
                if (handful.Count == HandfulSize)
                {
                    WriteObject(handful, enumerateCollection: true);
                    handful.Clear();
                }
            }
        }
        catch (NodeException)
        {
            WriteObject(handful, enumerateCollection: true);
            throw;
        }

        WriteObject(handful, enumerateCollection: true);
    }

    private ConntrackFilter Filter()
    {
        uint mark = 0, mask = uint.MaxValue;
        if (Mark is not null && !ConntrackFilter.TryParseMark(Mark, out mark, out mask))
        {
            throw Invalid(nameof(Messages.InvalidMark), Printable.Text(Mark));
        }

        return new ConntrackFilter
        {
            Family = FamilyChoice.Of(Family),
            Protocols = [.. Protocol.Select(name => IPProtocolName.TryParse(name, out byte number)
                ? number : throw Invalid(nameof(Messages.InvalidProtocol), Printable.Text(name)))],
            Sources = Prefixes(nameof(Source), Source),
            Destinations = Prefixes(nameof(Destination), Destination),
            ReplySources = Prefixes(nameof(ReplySource), ReplySource),
            SourcePorts = SourcePort,
            DestinationPorts = DestinationPort,
            States = [.. State.Select(name => ConntrackState.Known.Append("UNKNOWN").Contains(name, StringComparer.OrdinalIgnoreCase)
                ? name : throw Invalid(nameof(Messages.InvalidState), Printable.Text(name), string.Join(", ", ConntrackState.Known)))],
            Mark = Mark is null ? null : mark,
            MarkMask = mask,
            Zone = IsGiven(nameof(Zone)) ? Zone : null,
            Unreplied = IsGiven(nameof(Unreplied)) ? Unreplied.ToBool() : null,
            Translated = IsGiven(nameof(Translated)) ? Translated.ToBool() : null,
        };
    }

    private bool IsGiven(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    private static AddressPrefix[] Prefixes(string parameter, string[] texts) => [.. texts.Select(text =>
        AddressPrefix.TryParse(text, out var prefix) ? prefix : throw Invalid(nameof(Messages.InvalidAddressPrefix), parameter, Printable.Text(text)))];

    private static NodeException Invalid(string errorId, params object[] arguments) =>
        NodeException.Create(Messages.ResourceManager, errorId, NodeErrorCategory.InvalidArgument, arguments);
}
