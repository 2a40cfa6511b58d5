using System.Globalization;
using System.Text;

namespace K8sNetfilter.Nftables.Syntax.Writing;

/// <summary>Writes statements as <c>nft -s list</c> writes them.</summary>
internal static class StatementWriter
{
    /// <summary>Some statements with a blank between them.</summary>
    /// <param name="text">Where they are written.</param>
    /// <param name="statements">The statements.</param>
    /// <param name="leading">Whether a blank comes before the first.</param>
    public static void WriteAll(StringBuilder text, IReadOnlyList<StatementSyntax> statements, bool leading)
    {
        for (int i = 0; i < statements.Count; i++)
        {
            text.Append(i > 0 || leading ? " " : "");
            Write(text, statements[i]);
        }
    }

    public static void Write(StringBuilder text, StatementSyntax statement)
    {
        switch (statement)
        {
            case MatchSyntax match:
                WriteMatch(text, match);
                break;
            case VerdictStatementSyntax verdict:
                ExpressionWriter.Write(text, verdict.Verdict);
                break;
            case CounterSyntax:
                text.Append("counter");
                break;
            case LimitSyntax limit:
                WriteLimit(text.Append("limit "), limit);
                break;
            case QuotaSyntax quota:
                WriteQuota(text.Append("quota "), quota);
                break;
            case ConnectionLimitSyntax count:
                text.Append(CultureInfo.InvariantCulture, $"ct count {(count.Over ? "over " : "")}{count.Count}");
                break;
            case LastSyntax:
                text.Append("last");
                break;
            case ObjectStatementSyntax named:
                text.Append(named.Kind is "ct helper" or "ct timeout" or "ct expectation" ? named.Kind + " set "
                    : named.Kind == "secmark" ? "meta secmark set " : named.Kind + " name ");
                ExpressionWriter.Write(text, named.Name);
                break;
            case AssignmentSyntax assignment:
                ExpressionWriter.Write(text, assignment.Target);
                text.Append(" set ");
                ExpressionWriter.Write(text, assignment.Value);
                break;
            case SetStatementSyntax set:
                WriteSetStatement(text, set);
                break;
            default:
                ActionWriter.Write(text, statement);
                break;
        }
    }

    /// <summary>rate over 10/second burst 7 packets.</summary>
    public static void WriteLimit(StringBuilder text, LimitSyntax limit)
    {
        text.Append(CultureInfo.InvariantCulture,
            $"rate {(limit.Over ? "over " : "")}{limit.Rate}{(limit.Unit is { } unit ? " " + unit : "")}/{limit.Per}");
        if (limit.Burst != 0 && (limit.Unit is not null || limit.Burst != 5))
        {
            text.Append(CultureInfo.InvariantCulture, $" burst {limit.Burst} {limit.BurstUnit}");
        }
    }

    /// <summary>over 25 mbytes.</summary>
    public static void WriteQuota(StringBuilder text, QuotaSyntax quota)
    {
        var (count, unit) = Bytes(quota.Bytes);
        text.Append(CultureInfo.InvariantCulture, $"{(quota.Over ? "over " : "")}{count} {unit}");
    }

    /// <summary>Bytes in the largest unit that divides them.</summary>
    public static (ulong Count, string Unit) Bytes(ulong bytes) =>
        bytes == 0 || bytes % 1024 != 0 ? (bytes, "bytes") : bytes % (1024 * 1024) != 0 ? (bytes / 1024,
            "kbytes") : (bytes / (1024 * 1024), "mbytes");

    private static void WriteMatch(StringBuilder text, MatchSyntax match)
    {
        if (FlagMasks.HasMask(match))
        {
            var masked = (BinarySyntax)match.Left;
            ExpressionWriter.Write(text, masked.Left);
            text.Append(match.Operator == "!=" ? " != " : " ");
            ExpressionWriter.Write(text, match.Right);
            text.Append(" / ");
            ExpressionWriter.Write(text, masked.Right);
            return;
        }

        ExpressionWriter.Write(text, match.Left);
        text.Append(' ').Append(match.Operator).Append(match.Operator.Length > 0 ? " " : "");
        ExpressionWriter.Write(text, match.Right);
    }

    private static void WriteSetStatement(StringBuilder text, SetStatementSyntax set)
    {
        text.Append(set.Operation).Append(" @").Append(set.Set).Append(" { ");
        ExpressionWriter.Write(text, set.Element.Key);
        if (set.Element.Details is { } details)
        {
            if (details.Timeout is { } timeout)
            {
                text.Append(" timeout ").Append(ValueWriter.Time((ulong)timeout.TotalMilliseconds));
            }

            if (details.Comment is { } comment)
            {
                text.Append(" comment \"").Append(comment).Append('"');
            }

            WriteAll(text, details.Statements, true);
        }

        if (set.Element.Data is { } data)
        {
            text.Append(" : ");
            ExpressionWriter.Write(text, data);
        }

        text.Append(" }");
    }
}
