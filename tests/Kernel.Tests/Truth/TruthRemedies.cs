using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Truth;

/// <summary>
/// Does what the diagnosis says that helps, for real, as it is printed: cmdlets in the engine, tools in a shell. Then the same call is made. What was
/// done stays, and the diagnosis is asked again, until it has nothing more to say.
/// </summary>
internal sealed partial class TruthRemedies(TruthNode node, TruthQuestion question)
{
    // As many as a set-up can have of different ones.
    private const int Most = 8;

    // Of several endpoints chance takes one.
    private const int Calls = 8;

    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(1.5);

    /// <summary>Does them one after the other.</summary>
    public List<TruthRemedy> Try()
    {
        var found = new Dictionary<string, TruthRemedy>(StringComparer.Ordinal);
        for (int round = 0; round < Most; round++)
        {
            ServiceHairpinResult? next = null;
            foreach (var result in Broken())
            {
                string key = $"{result.SourcePod} {result.ServiceIP} {result.Port} {result.Cause} {result.Remedy}";
                if (result.Remedy is not { } remedy || found.ContainsKey(key))
                {
                    continue;
                }

                if (!Changes().IsMatch(remedy))
                {
                    found[key] = new TruthRemedy(result.Cause, remedy, result.RemedyGives, null, "shows more, or is not in the namespace");
                    continue;
                }

                next = result;
                Do(remedy);
                var (works, seen) = Call(result);
                found[key] = new TruthRemedy(result.Cause, remedy, result.RemedyGives, works, seen);
                break;
            }

            if (next is null)
            {
                break;
            }
        }

        return [.. found.Values];
    }

    private IEnumerable<ServiceHairpinResult> Broken() =>
        question.Diagnose("NetNamespace", node.Node.Path, isPassive: false, []).Concat(
            question.Diagnose("NetNamespace", node.Node.Path, isPassive: true, []).Where(r => r.Cause == ServiceHairpinCause.StaleEntry))
        .Where(r => r is { Verdict: ServiceVerdict.Broken, ServiceIP: not null, SourcePod: not null });

    private void Do(string remedy)
    {
        foreach (string command in remedy.Split("   (")[0].Split("; "))
        {
            if (command.StartsWith("nsenter ", StringComparison.Ordinal))
            {
                Tool.Run(node.Outside.Space, "bash", "-c", "PATH=$PATH:/usr/sbin:/sbin\n" + command);
            }
            else
            {
                question.Do(command);
            }
        }
    }

    private (bool? Works, string Seen) Call(ServiceHairpinResult result)
    {
        if (!IPAddress.TryParse(result.SourcePod!.Split(' ')[0], out var source) || node.Find(source) is not { } from)
        {
            return (null, "no such pod");
        }

        var protocol = result.Protocol == "udp" ? ProtocolType.Udp : ProtocolType.Tcp;
        var call = node.Calls.Find(c => c.From == from && c.To.ToString() == result.ServiceIP && c.Port == result.Port && c.Protocol == protocol)
            ?? new TruthCall(from, source, System.Net.IPAddress.Parse(result.ServiceIP!), result.Port)
            {
                Protocol = protocol,
                // What is only counted has no answer, whoever calls.
                OneWay = node.Calls.Exists(c => c.OneWay && c.To.ToString() == result.ServiceIP && c.Port == result.Port && c.Protocol == protocol),
            };
        var outcome = TruthCaller.Make(call, node.Listeners, s_wait);
        for (int i = 1; i < Calls && !outcome.Works; i++)
        {
            outcome = TruthCaller.Make(call, node.Listeners, s_wait);
        }

        return (outcome.Works, $"{call}: {outcome}");
    }

    [GeneratedRegex("Set-NodeSysctl |Remove-ConntrackEntry|bridge link set |tables(-nft|-legacy)? -t [a-z]+ -[IADRFXP] ")]
    private static partial Regex Changes();
}
