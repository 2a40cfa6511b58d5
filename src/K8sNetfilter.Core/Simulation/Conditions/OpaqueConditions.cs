using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Parts;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>
/// Conditions that no description of a packet decides: rates, times, processes, bytes, and extensions that are not known here.
/// </summary>
internal static class OpaqueConditions
{
    public static void Add(List<Condition> conditions, RuleMatch match)
    {
        bool owner = match.Name == "owner" && match.Options.Count > 0;
        if (!owner || !match.Options.All(o => o.Name is "socket-exists" or "uid-owner" or "gid-owner"))
        {
            conditions.Add(Of(match.Name, match.Options));
            return;
        }

        foreach (var option in match.Options)
        {
            conditions.Add(Owner(option));
        }
    }

    public static Condition Of(string module, IReadOnlyList<RuleOption> options)
    {
        string text = "-m " + module + string.Concat(options.Select(o => " " + o));
        string reason = module switch
        {
            "limit" or "hashlimit" or "rateest" => ConditionMessages.WhetherRateOfIsExceeded(text),
            "connlimit" => ConditionMessages.CountsConnections(text),
            "connbytes" or "quota" or "nfacct" => ConditionMessages.CountsTraffic(text),
            "time" => ConditionMessages.DependsOnTime(text),
            "owner" or "cgroup" or "socket" => ConditionMessages.DependsOnProcess(text),
            "string" or "u32" or "bpf" or "tcpmss" or "osf" or "ecn" => ConditionMessages.LooksAtBytes(text),
            "mac" => ConditionMessages.SendersHardwareAddressIsNot,
            "policy" => ConditionMessages.WhetherIPsecHandlesPacketIs,
            "ipvs" => ConditionMessages.WhatIPVSHoldsOfConnection,
            "cpu" => ConditionMessages.ProcessorThatHandlesPacketIs,
            _ => ConditionMessages.CannotBeDecidedByMatch(text),
        };
        return new Condition(text, _ => MatchOutcome.Unknown, _ => reason)
        {
            Module = module,
            Lasting = module is "owner" or "cgroup" or "mac" or "policy" or "string" or "u32" or "bpf" or "tcpmss" or "osf" or "ecn" or "socket" or "ipvs",
        };
    }

    // A packet that only passes through has no socket: nothing is asked of it but that (xt_owner.c, owner_mt).
    private static Condition Owner(RuleOption option)
    {
        string text = $"-m owner {option}";
        return new Condition(
            text,
            p => !p.Packet.Local ? MatchOutcomes.Is(option.Negated) : option.Name == "socket-exists" ? MatchOutcomes.Is(!option.Negated)
                : MatchOutcome.Unknown,
            _ => ConditionMessages.DependsOnSender(text)) { Module = "owner", Lasting = true };
    }
}
