using System.Globalization;
using System.Text;

namespace K8sNetfilter.Nftables.Syntax.Writing;

/// <summary>Writes expressions as <c>nft list</c> writes them.</summary>
internal static class ExpressionWriter
{
    public static void Write(StringBuilder text, ExpressionSyntax expression)
    {
        switch (expression)
        {
            case ValueSyntax value:
                ValueWriter.Write(text, value);
                break;
            case NameSyntax or TextSyntax:
                text.Append('"').Append((expression as NameSyntax)?.Name ?? ((TextSyntax)expression).Text).Append('"');
                break;
            case PrefixSyntax prefix:
                WritePrefix(text, prefix);
                break;
            case RangeSyntax range:
                WriteEnd(text, range.Low);
                text.Append('-');
                WriteEnd(text, range.High);
                break;
            case WildcardSyntax:
                text.Append('*');
                break;
            case ConcatenationSyntax parts:
                WriteAll(text, parts.Parts, " . ");
                break;
            case FlagsSyntax flags:
                WriteAll(text, flags.Parts, ",");
                break;
            case AnonymousSetSyntax set:
                WriteElements(text, set.Elements, set.Type, true);
                break;
            case SetReferenceSyntax set:
                text.Append('@').Append(set.Name);
                break;
            case MapSyntax map:
                Write(text, map.Key);
                text.Append(map.Type == DataTypes.Verdict ? " vmap " : " map ");
                Write(text, map.Map);
                break;
            case VerdictSyntax verdict:
                text.Append(verdict.Verdict).Append(verdict.Chain is null ? "" : " ").Append(verdict.Chain);
                break;
            case BinarySyntax binary:
                WriteBinary(text, binary);
                break;
            default:
                text.Append(SelectorWriter.Text(expression));
                break;
        }
    }

    /// <summary>The elements in braces, as many on a line as nft writes.</summary>
    public static void WriteElements(StringBuilder text, IReadOnlyList<ElementSyntax> elements, DataType type, bool isAnonymous)
    {
        text.Append("{ ");
        int count = 0;
        int perLine = type.Parts.Count > 0 ? 1 : type.Number switch
        {
            2 or 4 or 11 or 12 or 13 or 15 or 16 or 19 or 20 or 23 or 24 or 25 or 27 => 5,
            7 or 26 or 28 or 31 => 2,
            _ => 1,
        };
        for (int i = 0; i < elements.Count; i++)
        {
            if (i > 0)
            {
                bool breaks = !isAnonymous && count >= perLine;
                text.Append(breaks ? ",\n\t\t\t     " : ", ");
                count = breaks ? 0 : count;
            }

            WriteElement(text, elements[i]);
            count++;
        }

        text.Append(" }");
    }

    private static void WriteElement(StringBuilder text, ElementSyntax element)
    {
        Write(text, element.Key);
        if (element.Details is { } details)
        {
            StatementWriter.WriteAll(text, details.Statements, true);
            if (details.Timeout is { } timeout)
            {
                text.Append(" timeout ").Append(ValueWriter.Time((ulong)timeout.TotalMilliseconds));
            }

            if (details.Comment is { } comment)
            {
                text.Append(" comment \"").Append(comment).Append('"');
            }
        }

        if (element.Data is { } data)
        {
            text.Append(" : ");
            Write(text, data);
        }
    }

    private static void WriteAll(StringBuilder text, IReadOnlyList<ExpressionSyntax> parts, string between)
    {
        for (int i = 0; i < parts.Count; i++)
        {
            text.Append(i > 0 ? between : "");
            Write(text, parts[i]);
        }
    }

    private static void WriteEnd(StringBuilder text, ExpressionSyntax end)
    {
        if (end is ValueSyntax value)
        {
            ValueWriter.Write(text, value, names: false);
        }
        else
        {
            Write(text, end);
        }
    }

    private static void WritePrefix(StringBuilder text, PrefixSyntax prefix)
    {
        if (prefix.Type.Form == ValueForm.Text && prefix.Value is ValueSyntax start)
        {
            text.Append('"').Append(ValueWriter.Text(start.Value)).Append("*\"");
            return;
        }

        Write(text, prefix.Value);
        text.Append(CultureInfo.InvariantCulture, $"/{prefix.Length}");
    }

    private static void WriteBinary(StringBuilder text, BinarySyntax binary)
    {
        WriteOperand(text, binary.Left, binary.Operator);
        text.Append(' ').Append(binary.Operator).Append(' ');
        WriteOperand(text, binary.Right, binary.Operator);
    }

    private static void WriteOperand(StringBuilder text, ExpressionSyntax operand, string operation)
    {
        bool inBrackets = operand is BinarySyntax inner && Level(operation) > Level(inner.Operator);
        text.Append(inBrackets ? "(" : "");
        Write(text, operand);
        text.Append(inBrackets ? ")" : "");
    }

    private static int Level(string operation) => operation switch { "|" => 0, "^" => 1, "&" => 2, _ => 3 };
}
