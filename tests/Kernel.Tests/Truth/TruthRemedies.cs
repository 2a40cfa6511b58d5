using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Remedies;
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

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1.5);

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

                bool isHere = Changes().IsMatch(remedy.Split("   (")[0]);
                if (!isHere || CallOf(result) is not { } call)
                {
                    found[key] = new TruthRemedy(result.Cause, remedy, result.RemedyGives, null, isHere ? "the set-up has no such pod" : result.RemedyGives is null ? "shows more, or is done by the cluster" : "is of the whole machine");
                    continue;
                }

                next = result;
                Do(remedy);
                var outcome = Make(call);
                bool isExcused = !outcome.Works && result.RemedyAssumptions.Any(a => node.False.Exists(f => a.Contains(f, StringComparison.OrdinalIgnoreCase)));
                found[key] = new TruthRemedy(result.Cause, remedy, result.RemedyGives, isExcused ? null : outcome.Works, $"{call}: {outcome}{(isExcused ? ", and what was taken for granted is false" : "")}");
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

    private TruthCall? CallOf(ServiceHairpinResult result)
    {
        if (!IPAddress.TryParse(result.SourcePod!.Split(' ')[0], out var source) || node.Find(source) is not { } from)
        {
            return null;
        }

        var protocol = result.Protocol == "udp" ? ProtocolType.Udp : ProtocolType.Tcp;
        bool IsTo(TruthCall call) => call.To.ToString() == result.ServiceIP && call.Port == result.Port && call.Protocol == protocol;
        return node.Calls.Find(c => c.From == from && IsTo(c)) ?? new TruthCall(from, source, IPAddress.Parse(result.ServiceIP!), result.Port)
        {
            Protocol = protocol,
            // What is only counted has no answer, whoever calls.
            OneWay = node.Calls.Exists(c => c.OneWay && IsTo(c)),
        };
    }

    private TruthOutcome Make(TruthCall call)
    {
        var outcome = TruthCaller.Make(call, node.Listeners, Wait);
        for (int i = 1; i < Calls && !outcome.Works; i++)
        {
            outcome = TruthCaller.Make(call, node.Listeners, Wait);
        }

        return outcome;
    }

    // Never anything that is not in the namespace.
    [GeneratedRegex("^((Set-NodeSysctl [^;|]* -NetNamespace |Get-ConntrackEntry [^;|]* -NetNamespace [^;]*Remove-ConntrackEntry -NetNamespace |nsenter --net=[^ ]+ (bridge link set |ip6?tables(-nft|-legacy)? -t [a-z]+ -[IADRFXP] ))[^;]*(; |$))+$")]
    private static partial Regex Changes();
}
