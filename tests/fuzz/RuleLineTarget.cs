using System.Text;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Grammar;

namespace K8sNetfilter.Fuzz;

/// <summary>One rule: what the fast scanner takes the reader takes too and finds the same in, and what is read is written back.</summary>
internal sealed class RuleLineTarget : IFuzzTarget
{
    public string Name => "rule-line";

    public IEnumerable<byte[]> Seeds => new[]
    {
        "[12:3456] -A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment \"shop/web:http cluster IP\" -m tcp --dport 80 -j KUBE-SVC-QYFSDL5JPXYW4WOJ",
        "-A X ! -i eth0 -m conntrack --ctstate RELATED,ESTABLISHED --ctorigsrc 10.0.0.0/8 -m recent --rcheck --seconds 5 --reap --name N --mask 255.255.255.255 --rsource -g Y",
        "-A X -m statistic --mode random --probability 0.33333333349 -m multiport ! --dports 80,443:445 -m set --match-set a src,dst -j DNAT --to-destination [fd00::1]:80 --random",
        "-A X -p tcp --tcp-flags SYN,ACK SYN -m addrtype ! --dst-type LOCAL --limit-iface-in -m physdev --physdev-in a --physdev-is-bridged -j REJECT --reject-with tcp-reset",
        "-A X -m iprange --src-range 1.2.3.4-1.2.3.9 -m length --length 0:500 -m ttl --ttl-lt 5 -m mac --mac-source 00:11:22:33:44:55 -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff",
    }.Select(Encoding.UTF8.GetBytes);

    public void Run(byte[] input)
    {
        bool isFast = RuleLineScanner.TryScan(input, out var fast);
        var fault = RuleParser.Current.TryScan(input, out var slow);
        if (isFast && (fault != RuleSyntaxError.None || !fast.Chain.Equals(slow.Chain) || !fast.Target.Equals(slow.Target) || fast.IsGoto != slow.IsGoto
            || fast.HasCounters != slow.HasCounters || fast.Packets != slow.Packets || fast.Bytes != slow.Bytes))
        {
            throw new InvalidOperationException($"the scanner took it, the reader says {fault}");
        }

        if (fault == RuleSyntaxError.None && RuleParser.Current.TryRead(input, null, out var content) == RuleSyntaxError.None
            && content!.Write() != RulesetText.Decode(input))
        {
            throw new InvalidOperationException("written back: " + content.Write());
        }
    }
}
