using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets.Grammar;
using K8sNetfilter.Rulesets.Parts;
using K8sNetfilter.Rulesets.Parts.Targets;
using K8sNetfilter.Text;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// Rules that an iptables older than the one that made them prints without what they do. It knows the target only in an earlier revision,
/// and shows <c>DNAT --to-destination :0 --persistent --to-destination :0</c> or an address of zeros (extensions/libxt_DNAT.c,
/// libipt_DNAT.c): no command line can make such a rule. A later one says <c>[unsupported revision]</c> (xshared.c).
/// </summary>
internal static class Misprint
{
    /// <summary>What is wrong with a rule's line; null for one that says what the rule does.</summary>
    public static string? Find(RuleRef rule)
    {
        // Few rules translate: the others are passed over by their bytes.
        var line = rule.Line;
        if (line.IndexOf("[unsupported revision]"u8) >= 0)
        {
            return RulesetMessages.UnsupportedRevision;
        }

        return line.IndexOf(" -j DNAT"u8) >= 0 || line.IndexOf(" -j SNAT"u8) >= 0 ? Find(rule, line) : null;
    }

    /// <summary>What is wrong with a target; null for one that says what it does.</summary>
    public static string? Find(RuleTarget target)
    {
        foreach (var words in target.Options)
        {
            if (words.Name.Length == 0)
            {
                return RulesetMessages.WordsOfNoOption(Printable.Text(target.Name, 40));
            }
        }

        if (target.Name is not ("DNAT" or "SNAT"))
        {
            return null;
        }

        string option = target.Name == "DNAT" ? "--to-destination" : "--to-source";
        return target switch
        {
            NatTarget { Addresses: { } addresses } when addresses.First == 0 => RulesetMessages.OnlyZeros(target.Name, option),
            NatTarget { Ports.First: 0 } => RulesetMessages.OnlyPortZero(target.Name, option),
            NatTarget { Addresses: null, Ports: null } => RulesetMessages.OptionMissing(target.Name, option),
            NatTarget => null,
            _ => RulesetMessages.OptionUnreadable(target.Name, option),
        };
    }

    // "DNAT --to-destination 10.244.0.3:8080" needs no object.
    private static string? Find(RuleRef rule, ReadOnlySpan<byte> line)
    {
        bool isPlain = RuleFields.TryRead(line, out var glance) && glance.TargetText.StartsWith("DNAT --to-destination "u8)
            && AddressBits.TryParseEndpoint(glance.TargetText["DNAT --to-destination ".Length..], rule.InChain.Family, out var address,
            out int port)
            && address != 0 && port != 0;
        return isPlain || rule.Rule.Target is not { } target ? null : Find(target);
    }
}
