using System.Globalization;
using System.Text;

namespace K8sNetfilter.Nftables.Syntax.Writing;

/// <summary>Writes the statements that do something with a packet.</summary>
internal static class ActionWriter
{
    public static void Write(StringBuilder text, StatementSyntax statement)
    {
        switch (statement)
        {
            case LogSyntax log:
                WriteLog(text, log);
                break;
            case RejectSyntax reject:
                text.Append("reject").Append(reject.Kind is null ? "" : " with ").Append(reject.Kind);
                Write(text, reject.Code, " ");
                break;
            case NatSyntax nat:
                WriteNat(text, nat);
                break;
            case TproxySyntax tproxy:
                text.Append("tproxy").Append(tproxy.Family is null ? "" : " ").Append(tproxy.Family).Append(" to");
                WriteAddress(text, tproxy.Address, tproxy.Port, true);
                break;
            case QueueSyntax queue:
                text.Append("queue").Append(queue.Flags.Count > 0 ? " flags " : "").AppendJoin(',', queue.Flags);
                Write(text, queue.Number, " to ");
                break;
            case NotrackSyntax:
                text.Append("notrack");
                break;
            case DupSyntax dup:
                text.Append("dup");
                Write(text, dup.Address, " to ");
                Write(text, dup.Device, dup.Address is null ? " to " : " device ");
                break;
            case ForwardSyntax forward:
                text.Append("fwd").Append(forward.Family is null ? "" : " ").Append(forward.Family);
                Write(text, forward.Address, " to ");
                Write(text, forward.Device, forward.Address is null ? " to " : " device ");
                break;
            case FlowSyntax flow:
                text.Append("flow add @").Append(flow.Flowtable);
                break;
            case SynproxySyntax synproxy:
                WriteSynproxy(text.Append("synproxy "), synproxy);
                break;
            case ResetOptionSyntax reset:
                text.Append("reset tcp option ").Append(reset.Option.Name);
                break;
            case XtSyntax xt:
                text.Append(xt.Text);
                break;
        }
    }

    /// <summary>mss 1460 wscale 7 timestamp sack-perm.</summary>
    private static void WriteSynproxy(StringBuilder text, SynproxySyntax synproxy)
    {
        var words = new List<string>();
        if (synproxy.Mss is { } mss)
        {
            words.Add(FormattableString.Invariant($"mss {mss}"));
        }

        if (synproxy.WindowScale is { } scale)
        {
            words.Add(FormattableString.Invariant($"wscale {scale}"));
        }

        text.AppendJoin(' ', [.. words, .. synproxy.Flags]);
        text.Length -= text[^1] == ' ' ? 1 : 0;
    }

    private static void Write(StringBuilder text, ExpressionSyntax? expression, string before)
    {
        if (expression is not null)
        {
            ExpressionWriter.Write(text.Append(before), expression);
        }
    }

    private static void WriteLog(StringBuilder text, LogSyntax log)
    {
        text.Append("log");
        if (log.Prefix is { } prefix)
        {
            text.Append(" prefix \"").Append(prefix).Append('"');
        }

        text.Append(CultureInfo.InvariantCulture,
            $"{Number(" group ", log.Group)}{Number(" snaplen ", log.Snaplen)}{Number(" queue-threshold ", log.QueueThreshold)}");
        if (log.Level is { } level and not ("warn" or "warning"))
        {
            text.Append(" level ").Append(level);
        }

        bool first = true;
        foreach (string flag in log.Flags)
        {
            bool more = flag == "tcp options" && !first && log.Flags[0] == "tcp sequence";
            text.Append(more ? ",options" : " flags " + flag);
            first = false;
        }
    }

    private static string Number(string name, long? number) => number is { } value ? FormattableString.Invariant($"{name}{value}") : "";

    private static void WriteNat(StringBuilder text, NatSyntax nat)
    {
        text.Append(nat.Kind);
        if (nat.Address is not null || nat.Port is not null)
        {
            text.Append(nat.Family is null ? "" : " ").Append(nat.Family).Append(nat.IsPrefix ? " prefix" : "").Append(" to");
            WriteAddress(text, nat.Address, nat.Port, nat.Port is not null);
        }

        text.Append(nat.Flags.Count > 0 ? " " : "").AppendJoin(',', nat.Flags);
    }

    private static void WriteAddress(StringBuilder text, ExpressionSyntax? address, ExpressionSyntax? port, bool inBrackets)
    {
        text.Append(' ');
        switch (address)
        {
            case ValueSyntax { Type.Form: ValueForm.IPv6 } when inBrackets:
                WriteBracketed(text, address);
                break;
            case RangeSyntax { Type.Form: ValueForm.IPv6 } range when inBrackets:
                WriteBracketed(text, range.Low);
                WriteBracketed(text.Append('-'), range.High);
                break;
            case not null:
                ExpressionWriter.Write(text, address);
                break;
        }

        Write(text, port, ":");
    }

    private static void WriteBracketed(StringBuilder text, ExpressionSyntax address)
    {
        ExpressionWriter.Write(text.Append('['), address);
        text.Append(']');
    }
}
