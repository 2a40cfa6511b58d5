using System.Globalization;
using System.Management.Automation.Language;
using System.Text;
using K8sNetfilter.Errors;

namespace K8sNetfilter.Baselines;

/// <summary>
/// Reads PowerShell data (.psd1) into <see cref="DataNode"/>s from its syntax tree. Nothing is ever run: only hash tables, arrays and
/// constants are taken, and anything else is an error with its line.
/// </summary>
internal static class DataPowerShell
{
    /// <summary>Reads a file's bytes.</summary>
    /// <param name="path">The file's name, for errors.</param>
    /// <param name="utf8">Its bytes; a byte order mark is skipped.</param>
    /// <exception cref="NodeException"><c>BaselineTooLarge</c>, <c>BaselineSyntax</c>: with file, line and column.</exception>
    public static DataNode Parse(string path, ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > DataLimits.MaximumBytes)
        {
            throw BaselineErrors.TooLarge(path, utf8.Length);
        }

        if (utf8.StartsWith(Encoding.UTF8.Preamble))
        {
            utf8 = utf8[3..];
        }

        string text = Encoding.UTF8.GetString(utf8);
        BoundDepth(path, text);
        var script = Parser.ParseInput(text, out _, out var errors);
        if (errors.Length != 0)
        {
            throw Wrong(path, errors[0].Extent, BaselineDataMessages.DataInvalid);
        }

        if (script.ParamBlock is not null || script.BeginBlock is not null || script.ProcessBlock is not null
            || script.UsingStatements.Count != 0 || script.EndBlock?.Statements is not [PipelineAst only])
        {
            throw Wrong(path, script.Extent, BaselineDataMessages.DataIsNoTable);
        }

        return Pipeline(path, only, 0);
    }

    /// <summary>PowerShell's parser calls itself for every bracket: too many would end the process, so they are counted before it runs.</summary>
    private static void BoundDepth(string path, string text)
    {
        int depth = 0, line = 1, column = 0;
        foreach (char c in text)
        {
            column++;
            if (c == '\n')
            {
                (line, column) = (line + 1, 0);
            }

            depth += c is '(' or '{' or '[' ? 1 : c is ')' or '}' or ']' && depth > 0 ? -1 : 0;
            if (depth > DataLimits.MaximumDepth * 2)
            {
                throw BaselineErrors.Syntax(path, line, column, BaselineDataMessages.DataTooDeep);
            }
        }
    }

    private static DataNode Pipeline(string path, StatementAst statement, int depth) =>
        statement is PipelineAst { PipelineElements: [CommandExpressionAst { Redirections.Count: 0 } element] }
            ? Expression(path, element.Expression, depth)
            : throw Wrong(path, statement.Extent, BaselineDataMessages.DataHasCommand);

    private static DataNode Expression(string path, ExpressionAst expression, int depth)
    {
        int line = expression.Extent.StartLineNumber, column = expression.Extent.StartColumnNumber;
        if (depth > DataLimits.MaximumDepth)
        {
            throw Wrong(path, expression.Extent, BaselineDataMessages.DataTooDeep);
        }

        switch (expression)
        {
            case StringConstantExpressionAst text:
                return DataNode.FromText(text.Value, line, column);
            case ConstantExpressionAst { Value: int or long or double or decimal or System.Numerics.BigInteger } number:
                return DataNode.FromNumber(Convert.ToString(number.Value, CultureInfo.InvariantCulture)!, line, column);
            case UnaryExpressionAst { TokenKind: TokenKind.Minus, Child: ConstantExpressionAst { Value: int or long } number }:
                return DataNode.FromNumber("-" + Convert.ToString(number.Value, CultureInfo.InvariantCulture), line, column);
            case VariableExpressionAst { Splatted: false } variable:
                return variable.VariablePath.UserPath.ToUpperInvariant() switch
                {
                    "TRUE" => DataNode.FromBoolean(true, line, column),
                    "FALSE" => DataNode.FromBoolean(false, line, column),
                    "NULL" => DataNode.FromNull(line, column),
                    _ => throw Wrong(path, variable.Extent, BaselineDataMessages.DataHasVariable),
                };
            case ParenExpressionAst paren:
                return Pipeline(path, paren.Pipeline as StatementAst ?? throw Wrong(path, paren.Extent, BaselineDataMessages.DataHasSubexpression), depth + 1);
            case ArrayLiteralAst array:
                return DataNode.FromList([.. array.Elements.Select(e => Expression(path, e, depth + 1))], line, column);
            case ArrayExpressionAst array:
                var items = new List<DataNode>();
                foreach (var statement in array.SubExpression.Statements)
                {
                    var item = Pipeline(path, statement, depth + 1);
                    bool spread = statement is PipelineAst { PipelineElements: [CommandExpressionAst { Expression: ArrayLiteralAst or ArrayExpressionAst }] };
                    items.AddRange(spread ? item.Items : [item]);
                }

                return DataNode.FromList(items, line, column);
            case HashtableAst table:
                return DataNode.FromMap([.. table.KeyValuePairs.Select(pair => Entry(path, pair, depth + 1))], line, column);
            default:
                throw Wrong(path, expression.Extent, BaselineDataMessages.DataRuns);
        }
    }

    private static DataEntry Entry(string path, Tuple<ExpressionAst, StatementAst> pair, int depth) =>
        pair.Item1 is StringConstantExpressionAst key
            ? new DataEntry(key.Value, key.Extent.StartLineNumber, key.Extent.StartColumnNumber, Pipeline(path, pair.Item2, depth))
            : throw Wrong(path, pair.Item1.Extent, BaselineDataMessages.DataKeyInvalid);

    private static NodeException Wrong(string path, IScriptExtent place, string what) =>
        BaselineErrors.Syntax(path, place.StartLineNumber, place.StartColumnNumber, what);
}
