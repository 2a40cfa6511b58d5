using CsCheck;
using K8sNetfilter.Host;
using K8sNetfilter.Host.Output;

namespace K8sNetfilter.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public void Arguments_are_joined_as_they_are_typed()
    {
        var line = CommandLine.Parse(["Get-NodeSysctl", "-Name", "net.*"]);
        Assert.Equal((CommandMode.Text, "Get-NodeSysctl -Name net.*", OutputForm.Formatted), (line.Mode, line.Text, line.Output));
        Assert.False(line.LostQuotes);
    }

    [Fact]
    public void One_argument_is_the_text_whole()
    {
        var line = CommandLine.Parse(["Get-NodeSysctl | Where-Object IsDrifted"]);
        Assert.Equal("Get-NodeSysctl | Where-Object IsDrifted", line.Text);
        Assert.False(line.LostQuotes);
    }

    [Fact]
    public void Quotes_that_the_shell_took_are_noticed() =>
        Assert.True(CommandLine.Parse(["Set-NodeSysctl", "-Value", "4096 87380"]).LostQuotes);

    [Theory]
    [InlineData("-Json")]
    [InlineData("--json")]
    [InlineData("-JSON")]
    public void An_option_is_written_as_either_world_writes_it(string option) =>
        Assert.Equal(OutputForm.JsonLines, CommandLine.Parse([option, "1"]).Output);

    [Fact]
    public void Trace_goes_with_text_and_with_scripts()
    {
        Assert.True(CommandLine.Parse(["-Trace", "-Json", "Get-NodeBridgePort"]) is { Trace: true, Output: OutputForm.JsonLines, Mode: CommandMode.Text });
        Assert.True(CommandLine.Parse(["-trace", "-File", "a.ps1"]) is { Trace: true, Mode: CommandMode.File });
        Assert.False(CommandLine.Parse(["Get-NodeBridgePort", "-Trace"]).Trace);
    }

    [Fact]
    public void What_stands_after_the_command_is_the_commands()
    {
        var line = CommandLine.Parse(["-Quiet", "Test-ServiceHairpin", "-Quiet", "-Json"]);
        Assert.Equal((OutputForm.None, "Test-ServiceHairpin -Quiet -Json"), (line.Output, line.Text));
    }

    [Fact]
    public void Text_that_starts_with_a_dash_goes_after_Command() =>
        Assert.Equal((CommandMode.Text, "-1 + 2"), (CommandLine.Parse(["-c", "-1", "+", "2"]).Mode, CommandLine.Parse(["-c", "-1", "+", "2"]).Text));

    [Fact]
    public void A_script_keeps_its_arguments_apart()
    {
        var line = CommandLine.Parse(["-Json", "-File", "a.ps1", "-Name", "two words"]);
        Assert.Equal((CommandMode.File, "a.ps1", OutputForm.JsonLines), (line.Mode, line.Text, line.Output));
        Assert.Equal(["-Name", "two words"], line.Arguments);
    }

    [Theory]
    [InlineData("-Nope", "-Nope")]
    [InlineData("-File", "-File")]
    [InlineData("-Command", "-Command")]
    [InlineData("-Json", "What")]
    public void Wrong_usage_is_an_error_that_names_the_option(string argument, string named)
    {
        var line = CommandLine.Parse([argument]);
        Assert.Equal(CommandMode.Usage, line.Mode);
        Assert.Contains(named, line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_at_all_asks_for_the_help() => Assert.Equal((CommandMode.Usage, ""), (CommandLine.Parse([]).Mode, CommandLine.Parse([]).Text));

    [Fact]
    public void Any_arguments_are_a_text_a_script_a_question_or_wrong_usage() =>
        Gen.OneOf(Gen.String, Gen.OneOf("-Json", "--quiet", "-File", "-c", "-h", "-Version", "-")).Array[0, 6].Sample(arguments =>
        {
            var line = CommandLine.Parse(arguments);
            Assert.True(line.Mode switch
            {
                // What stands before the text are options; the rest of it is the text.
                CommandMode.Text => string.Join(' ', arguments).EndsWith(line.Text, StringComparison.Ordinal),
                CommandMode.File => arguments.SkipWhile(a => a != line.Text).Skip(1).Take(line.Arguments.Count).Count() == line.Arguments.Count,
                CommandMode.Usage or CommandMode.Help or CommandMode.Version => line.Arguments.Count == 0,
                _ => false,
            });
        });
}
