using System.Globalization;
using System.Text;

namespace K8sNetfilter.Nftables.Syntax.Writing;

/// <summary>Writes a ruleset as <c>nft -s list ruleset</c> writes it: without counters and the time that is left.</summary>
internal static class NftTextWriter
{
    public static string Text(RulesetSyntax ruleset)
    {
        var text = new StringBuilder();
        foreach (var table in ruleset.Tables)
        {
            Write(text, table);
        }

        return text.ToString();
    }

    /// <summary>A rule, without its indentation.</summary>
    public static string Text(RuleSyntax rule)
    {
        var text = new StringBuilder();
        Write(text, rule);
        return text.ToString();
    }

    private static void Write(StringBuilder text, TableSyntax table)
    {
        text.Append("table ").Append(table.Family).Append(' ').Append(table.Name).Append(" {\n");
        string between = "";
        if (table.Flags.Count > 0 || table.Comment is not null)
        {
            text.Append(table.Flags.Count > 0 ? "\tflags " : "").AppendJoin(',', table.Flags).Append(table.Flags.Count > 0 ? "\n" : "");
            WriteComment(text, "\t", table.Comment);
        }

        foreach (var item in table.Objects)
        {
            ObjectWriter.Write(text.Append(between), item);
            between = "\n";
        }

        foreach (var set in table.Sets)
        {
            Write(text.Append(between), set);
            between = "\n";
        }

        foreach (var flowtable in table.Flowtables)
        {
            Write(text.Append(between), flowtable);
            between = "\n";
        }

        foreach (var chain in table.Chains)
        {
            Write(text.Append(between), chain, table.Family);
            between = "\n";
        }

        text.Append("}\n");
    }

    internal static void WriteComment(StringBuilder text, string indent, string? comment)
    {
        if (comment is not null)
        {
            text.Append(indent).Append("comment \"").Append(comment).Append("\"\n");
        }
    }

    private static void Write(StringBuilder text, ChainSyntax chain, string family)
    {
        text.Append("\tchain ").Append(chain.Name).Append(" {\n");
        WriteComment(text, "\t\t", chain.Comment);
        if (chain.Hook is { } hook)
        {
            text.Append(CultureInfo.InvariantCulture, $"\t\ttype {hook.Type} hook {hook.Hook}");
            if (hook.Devices.Count == 1)
            {
                text.Append(" device \"").Append(hook.Devices[0]).Append('"');
            }
            else if (hook.Devices.Count > 1)
            {
                text.Append(" devices = { ").AppendJoin(", ", hook.Devices).Append(" }");
            }

            text.Append(" priority ").Append(Priorities.Text(hook.Priority, family, hook.Hook)).Append(';');
            text.Append(hook.Policy is null ? "" : $" policy {hook.Policy};").Append(hook.IsOffloaded ? " flags offload;" : "")
                .Append('\n');
        }

        foreach (var rule in chain.Rules)
        {
            text.Append("\t\t");
            Write(text, rule);
            text.Append('\n');
        }

        text.Append("\t}\n");
    }

    private static void Write(StringBuilder text, RuleSyntax rule)
    {
        if (rule.Raw is { } raw)
        {
            text.Append(raw);
            return;
        }

        StatementWriter.WriteAll(text, rule.Statements, false);
        if (rule.Comment is { } comment)
        {
            text.Append(rule.Statements.Count > 0 ? " comment \"" : "comment \"").Append(comment).Append('"');
        }
    }

    private static void Write(StringBuilder text, SetSyntax set)
    {
        text.Append(set.IsMap ? "\tmap " : "\tset ").Append(set.Name).Append(" {\n\t\t")
            .Append(set.KeyExpression is null ? "type " : "typeof ");
        WriteType(text, set.Key, set.KeyExpression);
        if (set.IsMap)
        {
            text.Append(" : ").Append(set.HasDataIntervals ? "interval " : "").Append(set.ObjectKind);
            WriteType(text, set.Data, set.DataExpression);
        }

        text.Append('\n');
        text.Append(set.Policy is { } policy and not "performance" ? $"\t\tpolicy {policy}\n" : "");
        text.Append(set.Size > 0 ? FormattableString.Invariant($"\t\tsize {set.Size}\n") : "");
        WriteFlags(text, set);
        if (set.Statements.Count > 0)
        {
            StatementWriter.WriteAll(text.Append("\t\t"), set.Statements, false);
            text.Append('\n');
        }

        text.Append(set.AutoMerge ? "\t\tauto-merge\n" : "");
        WriteTime(text, "timeout", set.Timeout);
        WriteTime(text, "gc-interval", set.GcInterval);
        WriteComment(text, "\t\t", set.Comment);
        if (set.Elements.Count > 0)
        {
            ExpressionWriter.WriteElements(text.Append("\t\telements = "), set.Elements, set.Key, false);
            text.Append('\n');
        }

        text.Append("\t}\n");
    }

    // The flag "timeout" says nothing more where there is a time, but is written if another flag is.
    private static void WriteFlags(StringBuilder text, SetSyntax set)
    {
        string[] flags = [.. ((string[])["constant", "dynamic", "interval", "timeout"]).Where(set.Flags.Contains)];
        if (flags.Length > 0 && !(flags is ["timeout"] && set.Timeout is not null))
        {
            text.Append("\t\tflags ").AppendJoin(',', flags).Append('\n');
        }
    }

    private static void WriteTime(StringBuilder text, string name, TimeSpan? time)
    {
        if (time is { } length)
        {
            text.Append("\t\t").Append(name).Append(' ').Append(ValueWriter.Time((ulong)length.TotalMilliseconds)).Append('\n');
        }
    }

    private static void WriteType(StringBuilder text, DataType? type, ExpressionSyntax? expression)
    {
        if (expression is not null)
        {
            ExpressionWriter.Write(text, expression);
        }
        else
        {
            text.Append(type?.Name);
        }
    }

    private static void Write(StringBuilder text, FlowtableSyntax flowtable)
    {
        text.Append("\tflowtable ").Append(flowtable.Name).Append(" {\n\t\thook ingress priority ")
            .Append(Priorities.Text(flowtable.Priority, "netdev", "ingress")).Append('\n');
        if (flowtable.Devices.Count > 0)
        {
            text.Append("\t\tdevices = { ").AppendJoin(", ", flowtable.Devices).Append(" }\n");
        }

        text.Append(flowtable.IsOffloaded ? "\t\tflags offload\n" : "").Append(flowtable.HasCounter ? "\t\tcounter\n" : "")
            .Append("\t}\n");
    }
}
