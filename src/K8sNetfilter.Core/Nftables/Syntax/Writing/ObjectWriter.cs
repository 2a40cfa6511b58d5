using System.Globalization;
using System.Text;

namespace K8sNetfilter.Nftables.Syntax.Writing;

/// <summary>Writes counters, quotas, limits and the like that have a name.</summary>
internal static class ObjectWriter
{
    public static void Write(StringBuilder text, ObjectSyntax item)
    {
        text.Append('\t').Append(item.Kind).Append(' ').Append(item.Name).Append(" {\n");
        NftTextWriter.WriteComment(text, "\t\t", item.Comment);
        switch (item)
        {
            case StatementObjectSyntax { Statement: QuotaSyntax quota }:
                StatementWriter.WriteQuota(text.Append("\t\t"), quota);
                text.Append('\n');
                break;
            case StatementObjectSyntax { Statement: LimitSyntax limit }:
                StatementWriter.WriteLimit(text.Append("\t\t"), limit);
                text.Append('\n');
                break;
            case StatementObjectSyntax { Statement: SynproxySyntax synproxy }:
                WriteLine(text, synproxy.Mss is { } mss ? FormattableString.Invariant($"mss {mss}") : null);
                WriteLine(text, synproxy.WindowScale is { } scale ? FormattableString.Invariant($"wscale {scale}") : null);
                WriteLine(text, synproxy.Flags.Count > 0 ? string.Join(' ', synproxy.Flags) : null);
                break;
            case SecmarkSyntax secmark:
                WriteLine(text, $"\"{secmark.Context}\"");
                break;
            case CtHelperSyntax helper:
                WriteLine(text, $"type \"{helper.Helper}\" protocol {helper.Protocol}");
                WriteLine(text, "l3proto " + helper.Layer3);
                break;
            case CtTimeoutSyntax timeout:
                WriteLine(text, "protocol " + timeout.Protocol);
                WriteLine(text, "l3proto " + timeout.Layer3);
                var policy = timeout.Policy.Select(p => FormattableString.Invariant($"{p.Key} : {p.Value}"));
                WriteLine(text, $"policy = {{ {string.Join(", ", policy)} }}");
                break;
            case CtExpectationSyntax expectation:
                WriteLine(text, "protocol " + expectation.Protocol);
                WriteLine(text, "dport " + expectation.Port.ToString(CultureInfo.InvariantCulture));
                WriteLine(text, "timeout " + ValueWriter.Time((ulong)expectation.Timeout.TotalMilliseconds));
                WriteLine(text, "size " + expectation.Size.ToString(CultureInfo.InvariantCulture));
                WriteLine(text, "l3proto " + expectation.Layer3);
                break;
        }

        text.Append("\t}\n");
    }

    private static void WriteLine(StringBuilder text, string? line)
    {
        if (line is not null)
        {
            text.Append("\t\t").Append(line).Append('\n');
        }
    }
}
