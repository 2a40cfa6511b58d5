using System.Management.Automation.Language;
using CsCheck;
using K8sNetfilter.Host;

namespace K8sNetfilter.Tests;

public sealed class ScriptCallTests
{
    private static readonly Gen<string> Nasty =
        Gen.OneOf(Gen.Char, Gen.OneOf(new[] { '\'', '"', '`', '$', '\u2018', '\u2019', '\u201a', '\u201b', '-', ':', ' ', '\n', ';', '|', '(', '{', '@', '\\' }.Select(Gen.Const).ToArray()))
            .Where(c => !char.IsSurrogate(c) && c != '\0').Array[0, 12].Select(c => new string(c));

    [Fact]
    public void Any_argument_of_a_script_arrives_whole()
    {
        Nasty.Sample(argument =>
        {
            // A name such as -Path or -Path:value is meant as one, and is tested below.
            if (argument.Length > 1 && argument[0] == '-' && char.IsAsciiLetter(argument[1]))
            {
                return true;
            }

            var call = Parsed("/tmp/x.ps1", argument);
            return call.CommandElements.Count == 2 && call.CommandElements[1] is StringConstantExpressionAst value && value.Value == argument;
        });
    }

    [Fact]
    public void A_script_of_any_path_is_called() =>
        Nasty.Where(p => p.Length > 0).Sample(path => Parsed(path) is { CommandElements: [StringConstantExpressionAst called] } && called.Value == path);

    [Fact]
    public void Names_stay_names_and_switches_stay_switches()
    {
        var elements = Parsed("x.ps1", "-Name", "a b", "-Force:$false", "-Depth:3", "-1", "--", "-a;b").CommandElements;
        Assert.Equal("Name", Assert.IsType<CommandParameterAst>(elements[1]).ParameterName);
        Assert.Equal("a b", Assert.IsType<StringConstantExpressionAst>(elements[2]).Value);
        Assert.IsType<VariableExpressionAst>(Assert.IsType<CommandParameterAst>(elements[3]).Argument);
        Assert.Equal("3", Assert.IsType<StringConstantExpressionAst>(Assert.IsType<CommandParameterAst>(elements[4]).Argument).Value);
        Assert.Equal(["-1", "--", "-a;b"], elements.Skip(5).Select(e => Assert.IsType<StringConstantExpressionAst>(e).Value));
    }

    private static CommandAst Parsed(string path, params string[] arguments)
    {
        var tree = Parser.ParseInput(ScriptCall.Text(path, arguments), out _, out var errors);
        Assert.Empty(errors);
        return (CommandAst)((PipelineAst)tree.EndBlock.Statements[0]).PipelineElements.Single();
    }
}
