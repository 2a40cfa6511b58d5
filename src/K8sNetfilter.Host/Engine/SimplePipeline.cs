using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Reflection;

namespace K8sNetfilter.Host.Engine;

/// <summary>
/// Recognises the text that most runs have: this module's commands, one after the other or piped into each other or through
/// Where-Object, with constants as arguments. Only this module's objects can come out of it.
/// </summary>
internal static class SimplePipeline
{
    /// <summary>True where the text is of that kind. All else is run with the whole of the engine.</summary>
    public static bool Is(ScriptBlockAst text) =>
        text is { ParamBlock: null, BeginBlock: null, ProcessBlock: null, DynamicParamBlock: null, EndBlock.Traps: null, UsingStatements.Count: 0 }
        && text.EndBlock.Statements.All(IsPlain)
        && Outputs(text).All(type => type is "System.String" or "System.Boolean" || type.StartsWith("K8sNetfilter.", StringComparison.Ordinal));

    /// <summary>
    /// Gives a shell the commands of a text that is plain and a single pipeline of commands: the engine then has no text to compile.
    /// </summary>
    /// <returns>False where the text is more than that; the shell is as it was then.</returns>
    public static bool TryAdd(PowerShell shell, ScriptBlockAst text)
    {
        if (text.EndBlock.Statements is not [PipelineAst pipeline] || !pipeline.PipelineElements.All(IsSimple))
        {
            return false;
        }

        foreach (var command in pipeline.PipelineElements.Cast<CommandAst>())
        {
            shell.AddCommand(command.GetCommandName());
            foreach (var element in command.CommandElements.Skip(1))
            {
                switch (element)
                {
                    case CommandParameterAst { Argument: null } parameter:
                        // With its dash, it is a name whose value may follow; without, the engine would give it the value null.
                        shell.AddParameter("-" + parameter.ParameterName, null);
                        break;
                    case CommandParameterAst parameter:
                        shell.AddParameter(parameter.ParameterName, ValueOf(parameter.Argument));
                        break;
                    default:
                        shell.AddArgument(ValueOf(element));
                        break;
                }
            }
        }

        return true;
    }

    /// <summary>The names of the types that can come out of a plain text.</summary>
    public static HashSet<string> Outputs(ScriptBlockAst text) =>
    [
        .. text.EndBlock.Statements.Cast<PipelineAst>().SelectMany(pipeline => pipeline.PipelineElements).OfType<CommandAst>()
            .Where(command => ModuleCmdlets.All.ContainsKey(command.GetCommandName()))
            .SelectMany(command => ModuleCmdlets.All[command.GetCommandName()]().GetCustomAttributes<OutputTypeAttribute>())
            .SelectMany(output => output.Type).Select(type => type.Name),
    ];

    private static bool IsPlain(StatementAst statement)
    {
        if (statement is not PipelineAst { Background: false, PipelineElements: var elements })
        {
            return false;
        }

        for (int i = 0; i < elements.Count; i++)
        {
            if (!IsPlain(elements[i], i))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPlain(CommandBaseAst element, int place) => element switch
    {
        CommandExpressionAst constant => place == 0 && ((PipelineAst)constant.Parent).PipelineElements.Count > 1 && IsConstant(constant.Expression),
        CommandAst command => IsKnown(command.GetCommandName(), place) && command.CommandElements.Skip(1).All(IsConstant),
        _ => false,
    };

    private static bool IsKnown(string? name, int place) =>
        name is not null
        && (ModuleCmdlets.All.ContainsKey(name)
            || (place > 0 && name.ToUpperInvariant() is "WHERE-OBJECT" or "WHERE" or "?"));

    private static bool IsConstant(CommandElementAst element) => element switch
    {
        CommandParameterAst parameter => parameter.Argument is null || IsConstant(parameter.Argument),
        ConstantExpressionAst => true,
        ArrayLiteralAst list => list.Elements.All(IsConstant),
        VariableExpressionAst variable => variable.VariablePath.UserPath.ToUpperInvariant() is "TRUE" or "FALSE" or "NULL",
        _ => false,
    };

    private static bool IsSimple(CommandBaseAst element) =>
        element is CommandAst { InvocationOperator: TokenKind.Unknown, Redirections.Count: 0 } command
        && command.CommandElements.Skip(1).All(e => e is CommandParameterAst { Argument: { } argument } ? IsSimple(argument) : IsSimple(e));

    // A number is also a text to the parameter that takes one: 0x10 and 1kb stay what was written only as a text. Dashes alone end the
    // parameters.
    private static bool IsSimple(CommandElementAst element) => element switch
    {
        CommandParameterAst { ParameterName: ['-', ..] } => false,
        StringConstantExpressionAst text => text.Value is not ("--" or "--%"),
        ConstantExpressionAst number => Convert.ToString(number.Value, CultureInfo.InvariantCulture) == number.Extent.Text,
        ArrayLiteralAst list => list.Elements.All(IsSimple),
        _ => true,
    };

    private static object? ValueOf(CommandElementAst element) => element switch
    {
        ConstantExpressionAst constant => constant.Value,
        ArrayLiteralAst list => list.Elements.Select(ValueOf).ToArray(),
        VariableExpressionAst variable => variable.VariablePath.UserPath.ToUpperInvariant() switch { "TRUE" => true, "FALSE" => false, _ => null },
        _ => throw new InvalidOperationException(EngineMessages.NoConstant(element.Extent.Text)),
    };
}
