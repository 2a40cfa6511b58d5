using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Hooks;

/// <summary>The five hooks of IP as indexes, the built-in chains on them, and the priorities of the tables of iptables.</summary>
internal static class HookOrder
{
    public const int Prerouting = (int)HookPoint.Prerouting;
    public const int Input = (int)HookPoint.Input;
    public const int Forward = (int)HookPoint.Forward;
    public const int Output = (int)HookPoint.Output;
    public const int Postrouting = (int)HookPoint.Postrouting;

    /// <summary>The built-in chain of each hook.</summary>
    public static readonly string[] Names = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

    // include/uapi/linux/netfilter_ipv4.h, enum nf_ip_hook_priorities; iptables-nft puts the security table elsewhere (iptables/nft.c,
    // xtables_ipv4), so that on INPUT it comes after nat instead of before.
    /// <summary>The priority of a table on a hook; null for a table that iptables does not have.</summary>
    public static int? Priority(string table, int hook, NetfilterBackend? backend) => table switch
    {
        "raw" => -300,
        "mangle" => -150,
        "nat" => hook is Prerouting or Output ? -100 : 100,
        "filter" => 0,
        "security" => backend == NetfilterBackend.Nft ? 150 : 50,
        _ => null,
    };
}
