using K8sNetfilter.Rulesets.Grammar;

namespace K8sNetfilter.Rulesets;

/// <summary>Makes a copy of a table in which a chain is changed, as the kernel's table would be after a command of iptables(8).</summary>
internal static class RulesetCopy
{
    /// <summary>Makes the copy.</summary>
    /// <param name="table">The table.</param>
    /// <param name="edit">The change. One that the tool would refuse changes nothing.</param>
    public static RulesetTable Of(RulesetTable table, RuleEdit edit)
    {
        var copy = new RulesetTable(table.Name, table.Backend, table.Family, table.Line) { Source = table.Source,
            IsComplete = table.IsComplete, Fault = table.Fault };
        copy.Lines.Share(table.Lines);
        var chains = new NetfilterChain?[table.Chains.Count];
        for (int i = 0; i < chains.Length; i++)
        {
            var from = table.Chains[i];
            if (edit.Kind == RuleEditKind.Remove && from.Name == edit.Chain && from.RuleCount == 0)
            {
                continue;
            }

            var to = chains[i] = copy.AddChain(RulesetText.Encode(from.Name));
            (to.Policy, to.IsDeclared, to.IsWanted, to.Packets, to.Bytes) = (from.Policy, from.IsDeclared, from.IsWanted, from.Packets,
                from.Bytes);
        }

        for (int i = 0; i < chains.Length; i++)
        {
            if (chains[i] is { } to)
            {
                Fill(to, table.Chains[i], table.Chains[i].Name == edit.Chain ? edit : null, chains);
            }
        }

        return copy;
    }

    private static void Fill(NetfilterChain to, NetfilterChain from, RuleEdit? edit, NetfilterChain?[] chains)
    {
        if (edit is { Kind: RuleEditKind.Policy })
        {
            to.Policy = edit.Rule;
            edit = null;
        }

        int at = edit is null ? -1 : PlaceOf(edit, from);
        for (int i = 0; i < from.Kept; i++)
        {
            if (i == from.FaultAt)
            {
                to.SetFault(from.Fault!);
            }

            if (i == at && edit!.Kind is RuleEditKind.Insert or RuleEditKind.Replace)
            {
                Add(to, edit.Rule);
            }

            if (edit?.Kind == RuleEditKind.Flush || (i == at && edit!.Kind is RuleEditKind.Delete or RuleEditKind.Replace))
            {
                continue;
            }

            Copy(to, from, i, from.JumpAt(i) is { } jump ? chains[jump.Number - 1] : null);
        }

        if (from.Fault is { } fault)
        {
            to.SetFault(fault);
        }

        if (edit?.Kind == RuleEditKind.Append || (edit?.Kind == RuleEditKind.Insert && at == from.Kept))
        {
            Add(to, edit.Rule);
        }
    }

    // Counted from 0. For a rule that is not in the chain: after the last one.
    private static int PlaceOf(RuleEdit edit, NetfilterChain chain)
    {
        if (edit.Number > 0 || edit.Kind != RuleEditKind.Delete)
        {
            return Math.Max(edit.Number - 1, 0);
        }

        for (int i = 0; i < chain.Kept; i++)
        {
            if (chain.RuleAt(i).Bare.AsSpan(2) is var bare && bare.StartsWith($" {edit.Chain} ")
                && bare[(edit.Chain.Length + 2)..].SequenceEqual(edit.Rule))
            {
                return i;
            }
        }

        return chain.Kept;
    }

    private static void Copy(NetfilterChain to, NetfilterChain from, int index, NetfilterChain? jumpsTo)
    {
        to.RuleCount++;
        to.Owner.RuleCount++;
        if (from.LineAt(index).IsEmpty)
        {
            byte[] line = RulesetText.Encode(from.RuleAt(index).Text);
            to.Add(line, 0, line.Length, jumpsTo, 0);
        }
        else
        {
            to.Add(from, index, jumpsTo);
        }

        jumpsTo?.AddReferrer(to);
        if (from.IsUnreadAt(index))
        {
            to.MarkUnread(to.RuleCount);
        }
    }

    // The line as iptables-save would have it.
    private static void Add(NetfilterChain chain, string rule)
    {
        byte[] line = RulesetText.Encode($"-A {chain.Name} {rule}");
        var jumpsTo = TargetOf(rule) is { } name ? chain.Owner.FindChain(name) : null;
        chain.RuleCount++;
        chain.Owner.RuleCount++;
        chain.Add(line, 0, line.Length, jumpsTo, 0);
        jumpsTo?.AddReferrer(chain);
    }

    // What follows the last -j or -g.
    private static string? TargetOf(string rule)
    {
        int at = Math.Max($" {rule}".LastIndexOf(" -j ", StringComparison.Ordinal),
            $" {rule}".LastIndexOf(" -g ", StringComparison.Ordinal));
        return at < 0 ? null : rule[(at + 3)..].Split(' ')[0];
    }
}
