using K8sNetfilter.Services;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis;

/// <summary>Whether a pod reaches a Service whose endpoint is on the same node, why not, and what to do.</summary>
public class ServiceHairpinResult
{
    private string? _remedy;
    private ServiceVerdict? _gives;
    private ValueList<string> _given = [];

    /// <summary>The Service as <c>namespace/name:port</c>; null where only its address is known.</summary>
    public string? Service { get; init; }

    /// <summary>Which way to the Service this is; null where it is not known.</summary>
    public NodeServiceType? Type { get; init; }

    /// <summary>The address that the pod calls. Of a node port it is one of the node's.</summary>
    public string? ServiceIP { get; init; }

    /// <summary>The port that the pod calls.</summary>
    public int Port { get; init; }

    /// <summary>The protocol in lower case, as /etc/protocols names it: <c>tcp</c>, <c>udp</c>, <c>sctp</c>.</summary>
    public string Protocol { get; init; } = "tcp";

    /// <summary>The calling pod: its address, with a name where one is known.</summary>
    public string? SourcePod { get; init; }

    /// <summary>The endpoint that the call is translated to, as <c>address:port</c>; null where none was chosen.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The bridge that both pods are ports of; null where they share none.</summary>
    public string? Bridge { get; init; }

    /// <summary>How many connections in conntrack suffer from it now; null where conntrack was not counted.</summary>
    public int? Connections { get; init; }

    /// <summary>Whether the call works.</summary>
    public ServiceVerdict Verdict { get; init; }

    /// <summary>
    /// What could not be looked at and is taken as so, each a sentence: <c>10.244.0.3 listens on 8080/tcp</c>. The verdict holds only if
    /// all are true; empty where it depends on nothing that is not known.
    /// </summary>
    public ValueList<string> Assumptions { get; init; } = [];

    /// <summary>Why it does not.</summary>
    public ServiceHairpinCause Cause { get; init; }

    /// <summary>What shows it: the conntrack entry, the rule, the flag. A sentence or the kernel's own line.</summary>
    public string? Evidence { get; init; }

    /// <summary>
    /// What to do, as a command line for the node of the question where there is one; null where nothing is wrong, or nothing is known to
    /// help. What a command does is tried on the observed node in memory first: one that would not have the call work is not offered, and
    /// the evidence says what would still be wrong.
    /// </summary>
    public string? Remedy { get => _remedy; init => _remedy = value; }

    /// <summary>
    /// The verdict that the same call has after <see cref="Remedy"/>: by the model, in the lab by real traffic. Null where there is no
    /// remedy, or its effect is not in what was read of the node: the restart of a component, a command that shows more.
    /// </summary>
    public ServiceVerdict? RemedyGives { get => _gives; init => _gives = value; }

    /// <summary>
    /// What <see cref="RemedyGives"/> holds for only if it is true, each a sentence, as <see cref="Assumptions"/> are of the verdict.
    /// </summary>
    public ValueList<string> RemedyAssumptions { get => _given; init => _given = value; }

    /// <summary>The same result with another remedy.</summary>
    internal ServiceHairpinResult With(string? remedy, ServiceVerdict? gives, ValueList<string> given)
    {
        var copy = (ServiceHairpinResult)MemberwiseClone();
        (copy._remedy, copy._gives, copy._given) = (remedy, gives, given);
        return copy;
    }
}
