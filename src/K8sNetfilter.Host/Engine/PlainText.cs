using System.Management.Automation.Language;

namespace K8sNetfilter.Host.Engine;

/// <summary>
/// Recognises the text that most runs have: this module's commands, one after the other or piped into each other or through
/// Where-Object, with constants as arguments. Only this module's objects can come out of it.
/// </summary>
internal static class PlainText
{
    /// <summary>True where the text is of that kind. All else is run with the whole of the engine.</summary>
    public static bool Is(ScriptBlockAst text) =>
        text is { ParamBlock: null, BeginBlock: null, ProcessBlock: null, DynamicParamBlock: null, EndBlock.Traps: null, UsingStatements.Count: 0 }
        && text.EndBlock.Statements.All(IsPlain);

    private static bool IsPlain(StatementAst statement) =>
        statement is PipelineAst { Background: false } pipeline
        && pipeline.PipelineElements.Select((element, i) => (element, i)).All(e => IsPlain(e.element, e.i));

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
}
