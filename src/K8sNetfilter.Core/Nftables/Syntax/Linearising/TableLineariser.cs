using K8sNetfilter.Addressing;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Objects;
using K8sNetfilter.Nftables.Expressions.Statements;

namespace K8sNetfilter.Nftables.Syntax.Linearising;

/// <summary>Turns a table into the kernel's expressions. A rule that cannot be turned is one raw expression with the reason.</summary>
internal sealed class TableLineariser(TableSyntax table)
{
    private readonly Dictionary<string, SetSyntax> _sets = table.Sets.DistinctBy(s => s.Name)
        .ToDictionary(s => s.Name, StringComparer.Ordinal);
    private readonly List<NftSet> _anonymous = [];
    private int _setCount;
    private int _mapCount;

    /// <summary>The rules and sets that could not be turned, with the reason.</summary>
    public List<UnreadSyntax> Unread { get; } = [];

    public NftTable Table()
    {
        var family = NftFamilyName.Parse(table.Family) ?? NftFamily.Unspecified;
        NftChain[] chains = [.. table.Chains.Select(Chain)];
        NftSet[] sets = [.. table.Sets.Select(s => SetLineariser.Set(s, Unread)).OfType<NftSet>(), .. _anonymous];
        var flags = (table.Flags.Contains("dormant") ? NftTableFlags.Dormant : 0) | (table.Flags.Contains("owner")
            ? NftTableFlags.Owner : 0)
            | (table.Flags.Contains("persist") ? NftTableFlags.Persist : 0);
        return new(family, table.Name, chains, sets, [.. table.Objects.Select(Object).OfType<NftObject>()],
            [.. table.Flowtables.Select(f => new NftFlowtable(f.Name, f.Priority, [.. f.Devices]) { Handle = f.Handle })])
        {
            Flags = flags, Handle = table.Handle, Comment = table.Comment,
        };
    }

    private NftChain Chain(ChainSyntax chain)
    {
        var hook = chain.Hook is { } at && Enum.TryParse<NftHook>(at.Hook, true, out var number)
            ? new NftChainHook(at.Type, number, at.Priority, at.Policy == "drop" ? NftVerdictCode.Drop : NftVerdictCode.Accept,
                [.. at.Devices]) : null;
        return new(chain.Name, hook, [.. chain.Rules.Select(r => Rule(r, chain.Name))]) { Handle = chain.Handle,
            Comment = chain.Comment };
    }

    private NftRule Rule(RuleSyntax rule, string chain)
    {
        string reason = rule.Raw ?? "";
        if (rule.Raw is null)
        {
            try
            {
                return new(rule.Handle, RuleLineariser.Expressions(this, table.Family, rule.Statements), rule.Comment);
            }
            catch (NotLinearisedException e)
            {
                reason = e.Message;
                Unread.Add(new(rule.Line, 0, Writing.NftTextWriter.Text(rule),
                reason) { Owner = $"table {table.Family} {table.Name} chain {chain}" });
            }
        }

        return new(rule.Handle, [new RawExpression(reason, Array.Empty<byte>())], rule.Comment);
    }

    /// <summary>Whether a set has ranges, so that its keys are in network order.</summary>
    public bool IsInterval(ExpressionSyntax set) => set is SetReferenceSyntax known ? _sets.TryGetValue(known.Name,
        out var found) && found.Flags.Contains("interval")
        : ((AnonymousSetSyntax)set).Elements.Any(e => SetLineariser.HasRange(e.Key));

    public bool HasDataRanges(ExpressionSyntax map) => map is SetReferenceSyntax known ? _sets.TryGetValue(known.Name,
        out var found) && found.HasDataIntervals
        : ((AnonymousSetSyntax)map).Elements.Any(e => e.Data is { } data && SetLineariser.HasRange(data));

    public int DataParts(ExpressionSyntax map) => map is SetReferenceSyntax known && _sets.TryGetValue(known.Name,
        out var found) ? found.Data?.Parts.Count ?? 0 : 0;

    /// <summary>Adds a set that only a rule has.</summary>
    /// <returns>The name that the kernel gives.</returns>
    public string AddAnonymous(AnonymousSetSyntax set, ExpressionSyntax key, DataType? data, int shift,
        NftObjectType objects = NftObjectType.None)
    {
        bool map = data is not null || objects != NftObjectType.None;
        string name = map ? FormattableString.Invariant($"__map{_mapCount++}") : FormattableString.Invariant($"__set{_setCount++}");
        _anonymous.Add(SetLineariser.Anonymous(name, set, key, data, shift, objects));
        return name;
    }

    public static NftVerdict Verdict(VerdictSyntax verdict) => new(
        verdict.Verdict switch
        {
            "accept" => NftVerdictCode.Accept, "drop" => NftVerdictCode.Drop, "jump" => NftVerdictCode.Jump,
                "goto" => NftVerdictCode.Goto,
            "return" => NftVerdictCode.Return, "break" => NftVerdictCode.Break, "queue" => NftVerdictCode.Queue,
                _ => NftVerdictCode.Continue,
        },
        verdict.Chain);

    public static NftObjectType ObjectType(string kind) => kind switch
    {
        "counter" => NftObjectType.Counter, "quota" => NftObjectType.Quota, "limit" => NftObjectType.Limit,
            "ct helper" => NftObjectType.CtHelper,
        "ct timeout" => NftObjectType.CtTimeout, "ct expectation" => NftObjectType.CtExpectation, "synproxy" => NftObjectType.Synproxy,
        "secmark" => NftObjectType.Secmark, "tunnel" => NftObjectType.Tunnel, _ => NftObjectType.None,
    };

    public static SynproxyExpression Synproxy(SynproxySyntax synproxy) => new(
        synproxy.Mss ?? 0,
        synproxy.WindowScale ?? 0,
        (synproxy.Mss is null ? 0u : 1) | (synproxy.WindowScale is null ? 0u : 2) | (synproxy.Flags.Contains("sack-perm") ? 4u : 0)
            | (synproxy.Flags.Contains("timestamp") ? 8u : 0));

    private static NftObject? Object(ObjectSyntax item) => item switch
    {
        StatementObjectSyntax { Statement: SynproxySyntax synproxy } => new StatefulObject(item.Name, NftObjectType.Synproxy,
            Synproxy(synproxy)) { Handle = item.Handle, Comment = item.Comment },
        StatementObjectSyntax stateful when RuleLineariser.Stateful(stateful.Statement) is { } state =>
            new StatefulObject(item.Name, ObjectType(item.Kind), state) { Handle = item.Handle, Comment = item.Comment },
        SecmarkSyntax secmark => new SecmarkObject(secmark.Name, secmark.Context) { Handle = item.Handle, Comment = item.Comment },
        CtHelperSyntax helper => new CtHelperObject(helper.Name, helper.Helper,
            NftFamilyName.Parse(helper.Layer3) ?? NftFamily.Unspecified, Protocol(helper.Protocol))
        {
            Handle = item.Handle, Comment = item.Comment,
        },
        CtExpectationSyntax expected => new CtExpectationObject(
            expected.Name, NftFamilyName.Parse(expected.Layer3) ?? NftFamily.Unspecified, Protocol(expected.Protocol), expected.Port,
                expected.Timeout, expected.Size)
        {
            Handle = item.Handle, Comment = item.Comment,
        },
        _ => null,
    };

    private static byte Protocol(string name) => IPProtocolName.TryParse(name, out byte number) ? number : (byte)0;
}
