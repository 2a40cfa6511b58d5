using System.Globalization;
using System.Net;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Chains.KubeProxy;

/// <summary>
/// A packet to a Service's address and a port that no Service has there meets no rule: it leaves as it is, for an address that is nobody's.
/// </summary>
public sealed class ServicePorts
{
    private const int MostNamed = 10;

    private readonly Ruleset _rules;
    private Dictionary<IPAddress, List<NodeService>>? _byAddress;

    /// <summary>Takes the Services from a node's rules, once they are asked for.</summary>
    public ServicePorts(Ruleset rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        _rules = rules;
    }

    /// <summary>
    /// The branch; one that leaves untranslated for a Service's address says so, and fails where the address is the cluster's own.
    /// </summary>
    /// <param name="branch">A branch of the walk.</param>
    /// <param name="packet">The packet as it set out.</param>
    public WalkBranch Qualify(WalkBranch branch, Packet packet)
    {
        ArgumentNullException.ThrowIfNull(branch);
        ArgumentNullException.ThrowIfNull(packet);
        var sent = branch.Arrived ?? branch.End;
        // One that is answered as far as is known, or that was walked there alone.
        bool hasLeft = branch.Works == MatchOutcome.Yes
            || branch is { Works: MatchOutcome.Unknown, Fate: PacketFate.Sent, Direction: PacketDirection.Original };
        if (packet.DestinationPort is not { } port || !hasLeft || sent.OutInterface is not { Length: > 0 } or "lo"
            || !sent.Destination.Equals(packet.Destination) || sent.DestinationPort != port
            || !Addresses.TryGetValue(packet.Destination, out var services)
            || services.Exists(s => s.Port == port && s.Protocol == packet.Protocol))
        {
            return branch;
        }

        string number = port.ToString(CultureInfo.InvariantCulture) + (services.Exists(s => s.Port == port) ? "/" + packet.Protocol : "");
        string has = string.Join(", ", services.OrderBy(s => s.Port).ThenBy(s => s.Protocol, StringComparer.Ordinal)
            .Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Port}/{s.Protocol}")).Distinct().Take(MostNamed));
        string reason = KubeProxyMessages.NoServiceHasPortIt(number, has, Printable.Text(sent.OutInterface), packet.Destination);
        // An external address is somebody's, who may answer on other ports.
        bool isOfCluster = services.TrueForAll(s => s.Type == NodeServiceType.ClusterIP);
        return branch with
        {
            Direction = PacketDirection.Original,
            Fate = PacketFate.Sent,
            End = sent,
            Works = isOfCluster ? MatchOutcome.No : branch.Works,
            Reason = isOfCluster ? KubeProxyMessages.WhichIsServicesAddressAnd(reason) : $"{reason}; {branch.Reason}",
            Assumptions = isOfCluster ? [.. branch.Assumptions.Where(a => a != KubeProxyMessages.Answers(packet.Destination))] : branch.Assumptions,
        };
    }

    /// <summary>The last step of a branch, as the branch itself has it.</summary>
    public static TraceStep Qualify(TraceStep step, WalkBranch before, WalkBranch after)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(after);
        return ReferenceEquals(before, after) || step.Hook != "RESULT" ? step
            : step with { Verdict = after.Works == MatchOutcome.No ? "FAILS" : step.Verdict, Reason = after.Reason };
    }

    private Dictionary<IPAddress, List<NodeService>> Addresses
    {
        get
        {
            if (_byAddress is null)
            {
                _byAddress = [];
                foreach (var service in ServiceReader.Read(_rules))
                {
                    if (service.Address is { } address)
                    {
                        if (!_byAddress.TryGetValue(address, out var list))
                        {
                            _byAddress[address] = list = [];
                        }

                        list.Add(service);
                    }
                }
            }

            return _byAddress;
        }
    }
}
