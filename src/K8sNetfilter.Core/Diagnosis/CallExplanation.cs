using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Diagnosis.Remedies;

namespace K8sNetfilter.Diagnosis;

/// <summary>
/// Says from what a call met, and from the entry that it left in conntrack, whether it works and why not. Pure: the same observations
/// give the same explanation.
/// </summary>
/// <param name="Verdict">Works, Broken or Inconclusive.</param>
/// <param name="Cause">Why it is broken.</param>
/// <param name="Bridge">The bridge that caller and endpoint share; null for none.</param>
/// <param name="Evidence">What shows it.</param>
/// <param name="Remedy">What to do; null where nothing is wrong.</param>
public sealed record CallExplanation(ServiceVerdict Verdict, ServiceHairpinCause Cause, string? Bridge, string Evidence, string? Remedy)
{
    /// <summary>Explains a call.</summary>
    /// <param name="observed">What the caller saw.</param>
    /// <param name="entry">The entry that the call left on the node; null if there is none.</param>
    /// <param name="source">The calling pod's address; null where it is not known.</param>
    /// <param name="family">The call's family.</param>
    /// <param name="facts">What else is known of the node.</param>
    public static CallExplanation For(
        LabObservation observed, ConntrackEntry? entry, IPAddress? source, AddressFamily family, CallFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        string line = entry is null ? DiagnosisMessages.NoConntrackEntry : entry.ToString();
        return observed switch
        {
            LabObservation.Connected => new(ServiceVerdict.Works, ServiceHairpinCause.None, Shared(entry, facts)?.Bridge.Name, line, null),
            LabObservation.Unreachable => new(
                ServiceVerdict.Broken, ServiceHairpinCause.NoRoute, null, DiagnosisMessages.NetworkAnsweredThatAddressCannot,
                DiagnosisMessages.OnTheNode(facts.Place.On(facts.Place.Tool("ip route get <address of the endpoint>")))),
            LabObservation.Refused => Refused(entry, line, facts),
            LabObservation.TimedOut when entry is null => Vanished(source, family, facts),
            LabObservation.TimedOut => IsTranslated(entry) ? Translated(entry, line, family, facts) : Untranslated(entry, line, facts),
            _ => new(ServiceVerdict.Inconclusive, ServiceHairpinCause.Unknown, null, line, null),
        };
    }

    /// <summary>Explains an entry that was translated and never answered, as a passive look at conntrack finds it.</summary>
    public static CallExplanation ForUnanswered(ConntrackEntry entry, CallFacts facts)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(facts);
        return Translated(entry, entry.ToString(), entry.SourceAddress.AddressFamily, facts);
    }

    /// <summary>
    /// True where the call goes to another address than was called. IPVS writes that into the entry's answer without the flag that NAT sets
    /// (ip_vs_update_conntrack in net/netfilter/ipvs/ip_vs_nfct.c), so that the addresses tell.
    /// </summary>
    public static bool IsTranslated(ConntrackEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry.IsDnat || !entry.ReplySourceAddress.Equals(entry.DestinationAddress) || entry.ReplySourcePort != entry.DestinationPort;
    }

    /// <summary>
    /// A connection whose only answer is a reset is forgotten at once (nf_conntrack_tcp_packet in net/netfilter/nf_conntrack_proto_tcp.c),
    /// so that mostly no entry tells who refused: then the Service's endpoints do.
    /// </summary>
    private static CallExplanation Refused(ConntrackEntry? entry, string line, CallFacts facts) => (entry, facts.Endpoints.Count) switch
    {
        ({ } translated, _) when IsTranslated(translated) => new(ServiceVerdict.Broken, ServiceHairpinCause.EndpointRefused, null, line,
            DiagnosisMessages.EndpointWasReachedAndRefused(translated.ReplySource, translated.ReplySourcePort)),
        (_, > 0) => new(ServiceVerdict.Broken, ServiceHairpinCause.EndpointRefused, null,
            DiagnosisMessages.RefusedWithNoConntrackEntry,
            DiagnosisMessages.LookAtWhatListensOn(string.Join(", ", facts.Endpoints.Take(5)))),
        _ => new(ServiceVerdict.Broken, ServiceHairpinCause.NoEndpoint, null,
            DiagnosisMessages.NodeRefusedCallAndTranslated,
            DiagnosisMessages.EndpointsCommand),
    };

    /// <summary>No entry at all: the first packet was dropped before it was confirmed, or never reached the node.</summary>
    private static CallExplanation Vanished(IPAddress? source, AddressFamily family, CallFacts facts)
    {
        string evidence = DiagnosisMessages.FirstPacketDropped;
        return facts switch
        {
            { IsConntrackFull: true } => new(
                ServiceVerdict.Broken, ServiceHairpinCause.ConntrackFull, null, DiagnosisMessages.ConntrackTableIsFullNew,
                DiagnosisMessages.ThenRaiseNetNetfilterNf(facts.Place.Look("Get-ConntrackStatistic"), facts.Place.MachineCmdlet("Set-NodeSysctl"))),
            { Forwarding: false } => new(ServiceVerdict.Broken, ServiceHairpinCause.ForwardingOff, null,
                DiagnosisMessages.AndDoesNotRoute(evidence),
                Remedies.Remedy.Of(SysctlStep.Forwarding(Family(family))).Text(facts.Place)),
            _ when ToItself(source, family, facts) is { } itself => itself,
            { TracksConnections: false } => new(ServiceVerdict.Inconclusive, ServiceHairpinCause.Unknown, null,
                DiagnosisMessages.NoConntrackEntryAndNone,
                DiagnosisMessages.ByRulesWithCommand(facts.Place.Look("Trace-NetfilterPacket <pod> <Service address> <port>"))),
            { Forwarding: null } => new(ServiceVerdict.Inconclusive, ServiceHairpinCause.Unknown, null, evidence,
                facts.Place.Look("Get-NodeSysctl -Name net.ipv4.ip_forward")),
            _ => new(ServiceVerdict.Broken, ServiceHairpinCause.DroppedByRule, null, evidence,
                DiagnosisMessages.DropPolicyCommand(facts.Place.Look("Get-NetfilterChain -Table filter"))),
        };
    }

    /// <summary>
    /// A frame that a bridge will not send back out of its port never gets as far as being confirmed, so that no entry shows it: what is
    /// left to go by is that the pod is an endpoint of the Service that it calls.
    /// </summary>
    private static CallExplanation? ToItself(IPAddress? source, AddressFamily family, CallFacts facts)
    {
        if (source is null || !facts.Endpoints.Contains(source)
            || PodPlace.Find(facts.Bridges, source) is not { Port.Hairpin: false } place || place.IsEffective(family) != true)
        {
            return null;
        }

        bool isOnlyOne = facts.Endpoints.All(e => e.Equals(source));
        return new(isOnlyOne ? ServiceVerdict.Broken : ServiceVerdict.Inconclusive, ServiceHairpinCause.HairpinOff, place.Bridge.Name,
            isOnlyOne ? DiagnosisMessages.NoConntrackEntryAndPod(source, place.Port!.Name)
                : DiagnosisMessages.NoConntrackEntryAndPodIs(source, place.Port!.Name),
            Hairpin(place.Port.Name, facts));
    }

    private static CallExplanation Untranslated(ConntrackEntry entry, string line, CallFacts facts) => entry.IsUnreplied
        ? new(ServiceVerdict.Broken, ServiceHairpinCause.NoTranslation, null, line,
            DiagnosisMessages.IsServiceKnown(facts.Place.Look("Get-NodeService")))
        : new(ServiceVerdict.Inconclusive, ServiceHairpinCause.Unknown, null, line,
            DiagnosisMessages.NodeAnsweredAndNotIn);

    private static CallExplanation Translated(ConntrackEntry entry, string line, AddressFamily family, CallFacts facts)
    {
        if (!entry.IsUnreplied)
        {
            return new(ServiceVerdict.Inconclusive, ServiceHairpinCause.Unknown, Shared(entry, facts)?.Bridge.Name, line,
                DiagnosisMessages.EndpointsAnswerWasTranslatedBack);
        }

        if (Shared(entry, facts) is not { } place)
        {
            return Unanswered(entry, line, null);
        }

        if (entry.ReplySourceAddress.Equals(entry.SourceAddress))
        {
            return OwnService(entry, line, place, family, facts);
        }

        // Masqueraded calls are answered to the node, which no bridge shortens.
        return (entry.IsSnat ? true : place.IsEffective(family)) switch
        {
            false => new(ServiceVerdict.Broken, facts.HasBridgeNetfilter == false ? ServiceHairpinCause.ModuleMissing
                : ServiceHairpinCause.BridgeNetfilterOff, place.Bridge.Name, line,
                CallRemedies.BridgeNetfilter(Family(family), facts.HasBridgeNetfilter).Text(facts.Place)),
            true => Unanswered(entry, line, place.Bridge.Name),
            null => new(ServiceVerdict.Inconclusive, ServiceHairpinCause.Unknown, place.Bridge.Name, line,
                facts.Place.Look("Get-NodeBridgeNetfilter")),
        };
    }

    private static CallExplanation OwnService(ConntrackEntry entry, string line, PodPlace place, AddressFamily family, CallFacts facts) =>
        !entry.IsSnat
            ? new(ServiceVerdict.Broken, ServiceHairpinCause.MasqueradeMissing, place.Bridge.Name, line,
                DiagnosisMessages.OwnCallCommand(facts.Place.Look("Get-NetfilterRule -Table nat -Chain KUBE-POSTROUTING")))
            : (place.IsEffective(family), place.Port?.Hairpin) switch
            {
                (true, false) => new(ServiceVerdict.Broken, ServiceHairpinCause.HairpinOff, place.Bridge.Name, line,
                    Hairpin(place.Port!.Name, facts)),
                (true, null) => new(ServiceVerdict.Inconclusive, ServiceHairpinCause.Unknown, place.Bridge.Name, line,
                    DiagnosisMessages.IsHairpinOn(facts.Place.Look("Get-NodeBridgePort"))),
                _ => Unanswered(entry, line, place.Bridge.Name),
            };

    // Nothing on the way is wrong. A datagram need not be answered: statsd, syslog and the like never are.
    private static CallExplanation Unanswered(ConntrackEntry entry, string line, string? bridge) =>
        entry.ProtocolNumber is IPProtocolName.Udp or IPProtocolName.UdpLite
        ? new(ServiceVerdict.Inconclusive, ServiceHairpinCause.EndpointSilent, bridge, line,
            DiagnosisMessages.ProtocolThatHasNoAnswers(Silent(entry)))
        : new(ServiceVerdict.Broken, ServiceHairpinCause.EndpointSilent, bridge, line, Silent(entry));

    /// <summary>The bridge that both ends of a translated connection are behind.</summary>
    private static PodPlace? Shared(ConntrackEntry? entry, CallFacts facts)
    {
        if (entry is null || PodPlace.Find(facts.Bridges, entry.SourceAddress) is not { } client
            || PodPlace.Find(facts.Bridges, entry.ReplySourceAddress) is not { } endpoint)
        {
            return null;
        }

        return client.Bridge.Index == endpoint.Bridge.Index ? client : null;
    }

    private static IPFamily Family(AddressFamily family) => IPFamilies.Of(family);

    private static string Hairpin(string port, CallFacts facts) =>
        (CallRemedies.Port(port, PortFlag.HairpinOn) with { Note = DiagnosisMessages.AndHairpinModeInCNIPlugins }).Text(facts.Place);

    private static string Silent(ConntrackEntry entry) => DiagnosisMessages.EndpointDidNotAnswerIs(new IPEndPoint(entry.ReplySourceAddress, entry.ReplySourcePort ?? 0));
}
