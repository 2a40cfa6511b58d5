using System.Management.Automation;
using K8sNetfilter.Completion;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Errors;
using K8sNetfilter.Links;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Services;
using K8sNetfilter.Text;

namespace K8sNetfilter.Commands;

/// <summary>Gets the Services that kube-proxy makes on this node, by iptables, nftables or IPVS, with their endpoints, weights and policies.</summary>
[Cmdlet(VerbsCommon.Get, "NodeService", DefaultParameterSetName = LiveSet)]
[OutputType(typeof(NodeService))]
public sealed class GetNodeServiceCommand : NetworkNodeCommand, ISnapshotReader
{
    private const string LiveSet = "Live";
    private const string PathSet = "Path";

    // A number: see PrecompiledAssemblies.
    private int? _type;

    /// <summary>Services by <c>namespace/name:port</c>, or by their name alone; wildcards are taken.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NodeServiceCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Only this way to reach the Service.</summary>
    [Parameter]
    public NodeServiceType? Type { get => (NodeServiceType?)_type; set => _type = (int?)value; }

    /// <summary>A file with the output of iptables-save, of <c>nft -j list table ip kube-proxy</c>, or with /proc/net/ip_vs, read in place of the live node.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Names (<c>namespace/name:port</c>) to try where the rules carry no comments, as from <c>kubectl get services</c>.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] KnownName { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ParameterSetName = LiveSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string? Snapshot { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        var services = ParameterSetName == PathSet
            ? ServiceFile.Read(
                GetUnresolvedProviderPathFromPSPath(Path), KnownName, new RulesetParserOptions { Source = Path!, IsTranscript = true, OnProblem = p => WriteNodeError(p) }, StopToken)
            : NodeServices.Read(Node, KnownName, p => WriteNodeError(p), StopToken)
                ?? throw NoAnswer();
        if (ParameterSetName == PathSet && services.Count == 0)
        {
            WriteWarning(string.Format(System.Globalization.CultureInfo.InvariantCulture, Messages.FileWithoutServices, Printable.Text(Path!)));
        }

        var bridges = ParameterSetName == PathSet ? null : BridgeView.Read(Node.Links, BridgeNetfilterSwitches.Unknown, WriteWarning, StopToken);
        var patterns = (Name ?? ["*"]).Select(n => (Text: n, Pattern: new WildcardPattern(n, WildcardOptions.IgnoreCase))).ToArray();
        var missing = patterns.Where(p => !WildcardPattern.ContainsWildcardCharacters(p.Text)).Select(p => p.Text).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var service in services)
        {
            StopToken.ThrowIfCancellationRequested();
            string full = service.ToString();
            bool wanted = false;
            foreach (var (text, pattern) in patterns)
            {
                if (pattern.IsMatch(full) || (service.Name is not null && pattern.IsMatch(service.Name)))
                {
                    wanted = true;
                    missing.Remove(text);
                }
            }

            if (wanted && (Type is null || service.Type == Type))
            {
                WriteObject(bridges is null ? service : Place(service, bridges));
            }
        }

        if (services.FirstOrDefault(s => s.Unread is not null) is { Unread: { } lost })
        {
            WriteWarning(string.Format(System.Globalization.CultureInfo.InvariantCulture, Messages.ServicesNotWhole, services.Count(s => s.Unread is not null), lost));
        }

        foreach (string name in missing)
        {
            WriteNodeError(NodeException.Create(Messages.ResourceManager, nameof(Messages.ServiceNotFound), NodeErrorCategory.NotFound, Printable.Text(name)), name);
        }
    }

    /// <summary>Says of each endpoint whether it is on this node, and on which bridge.</summary>
    private static NodeService Place(NodeService service, IReadOnlyList<Bridge> bridges) => service with
    {
        EndpointDetails =
        [
            .. service.EndpointDetails.Select(endpoint =>
            {
                var place = PodPlace.Find(bridges, endpoint);
                // A subnet says which bridge an address would be behind, a port that it is.
                return endpoint with { Bridge = place?.Bridge.Name, IsLocal = place is null ? null : place.Port is not null ? true : null };
            }),
        ],
    };
}
