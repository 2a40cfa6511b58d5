using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Nftables.Expressions.Operations;

namespace K8sNetfilter.Nftables.Syntax.Linearising;

/// <summary>Fields that follow each other in a header and are compared with one value each are compared at once, as nft does it.</summary>
internal sealed class PayloadMerge
{
    /// <summary>The most bytes that the kernel loads without a call.</summary>
    private const uint FastBytes = 4;

    /// <summary>The most bytes of a comparison.</summary>
    private const uint MostBytes = 16;

    private readonly List<(PayloadExpression Load, bool IsProtocol, int Run)> _loads = [];
    private int _run;

    /// <summary>Notes a load of a whole field, after which its comparison comes.</summary>
    /// <param name="load">The load.</param>
    /// <param name="isProtocol">Whether the field says what the next header is: other comparisons have to stay after it.</param>
    public void Add(PayloadExpression load, bool isProtocol) => _loads.Add((load, isProtocol, _run));

    /// <summary>Comparisons before and after a part that is not a statement are not put together.</summary>
    public void EndRun() => _run++;

    /// <summary>The expressions with such comparisons as one.</summary>
    public NftExpression[] Merge(List<NftExpression> all)
    {
        foreach (var run in _loads.GroupBy(l => l.Run).Where(g => g.Count() > 1))
        {
            var sorted = run.OrderBy(l => l.Load.Base).ThenBy(l => l.Load.Offset).ToList();
            var last = sorted[0];
            foreach (var next in sorted.Skip(1))
            {
                last = Join(all, last, next);
            }
        }

        return [.. all];
    }

    private static (PayloadExpression Load, bool IsProtocol, int Run) Join(
        List<NftExpression> all, (PayloadExpression Load, bool IsProtocol, int Run) first,
            (PayloadExpression Load, bool IsProtocol, int Run) second)
    {
        uint total = first.Load.Length + second.Load.Length;
        if (first.Load.Base != second.Load.Base || first.Load.Offset + first.Load.Length != second.Load.Offset || total > MostBytes
            || !(total <= FastBytes || first.Load.Base == NftPayloadBase.LinkLayer || first.Load.Length > FastBytes
                || second.Load.Length > FastBytes))
        {
            return second;
        }

        int low = IndexOf(all, first.Load), high = IndexOf(all, second.Load);
        byte[] data = [.. ((CmpExpression)all[low + 1]).Data.Span, .. ((CmpExpression)all[high + 1]).Data.Span];
        int kept = second.IsProtocol ? high : low;
        int gone = second.IsProtocol ? low : high;
        var load = first.Load with { Length = total };
        all[kept] = load;
        all[kept + 1] = ((CmpExpression)all[kept + 1]) with { Data = data };
        all.RemoveRange(gone, 2);
        return (load, first.IsProtocol || second.IsProtocol, first.Run);
    }

    private static int IndexOf(List<NftExpression> all, NftExpression load) => all.FindIndex(e => ReferenceEquals(e, load));
}
