using System.Diagnostics;
using System.Text.Json;

namespace K8sNetfilter.Tests;

/// <summary>What a user and a script see of k8snf: output, errors, exit codes. Each is a process of its own.</summary>
public sealed class RunTests
{
    [Fact]
    public void Output_that_a_device_does_not_take_is_an_error_and_a_reader_that_leaves_is_none()
    {
        var full = K8snf.Bash("\"$K8SNF\" Get-NodeBridgeNetfilter > /dev/full");
        Assert.Equal(1, full.ExitCode);
        Assert.Contains("k8snf: Not all of the output was written: No space left on device.", full.Error, StringComparison.Ordinal);
        var left = K8snf.Bash("\"$K8SNF\" Get-NodeSysctl | head -n 2 > /dev/null; echo ${PIPESTATUS[0]}");
        Assert.Equal(("0\n", ""), (left.Output, left.Error));
    }

    [Fact]
    public void Help_is_broken_between_words() =>
        Assert.Contains("systemd-modules-load(8) will do at the next boot. Without names it \n    gets all", K8snf.Run("Get-Help Get-KernelModule").Output, StringComparison.Ordinal);

    [Fact]
    public void Objects_are_formatted_as_pwsh_formats_them_within_120_columns()
    {
        var run = K8snf.Run("[K8sNetfilter.Configuration.SourceLine]::new('/etc/' + 'x' * 200, 12)");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("File", run.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("/etc/xx", run.Lines[2], StringComparison.Ordinal);
        Assert.All(run.Lines, line => Assert.InRange(line.Length, 0, 120));
    }

    [Fact]
    public void PowerShells_own_objects_have_their_own_views()
    {
        var run = K8snf.Run("@{ a = 1 }");
        Assert.Equal(["Name", "Value"], run.Lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void The_modules_cmdlets_are_there()
    {
        var run = K8snf.Run("Get-Command Get-KernelModule, Get-ConntrackEntry | ForEach-Object Name");
        Assert.Equal((0, "Get-KernelModule\nGet-ConntrackEntry\n"), (run.ExitCode, run.Output));
    }

    [Fact]
    public void An_error_record_is_said_on_standard_error_and_counts()
    {
        var run = K8snf.Run("1; Get-KernelModule no_such_module_here; 2");
        Assert.Equal((1, "1\n2\n"), (run.ExitCode, run.Output));
        Assert.StartsWith("Get-KernelModule: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("no_such_module_here", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("throw 'broken'", 1, "k8snf: broken")]
    [InlineData("Get-KernelModule no_such_module_here -ErrorAction Ignore", 0, "")]
    [InlineData("Get-KernelModule no_such_module_here 2>$null", 0, "")]
    [InlineData("exit 7", 7, "")]
    [InlineData("Get-KernelModule |", 2, "k8snf: An empty pipe element is not allowed.")]
    public void The_exit_code_says_how_it_went(string text, int code, string error)
    {
        var run = K8snf.Run(text);
        Assert.Equal(code, run.ExitCode);
        Assert.StartsWith(error, run.Error, StringComparison.Ordinal);
        Assert.Equal(error.Length == 0, run.Error.Length == 0);
        Assert.Equal("", run.Output);
    }

    [Fact]
    public void Help_and_version_go_to_standard_output_and_wrong_usage_to_standard_error()
    {
        var help = K8snf.Run("-Help");
        Assert.Equal((0, ""), (help.ExitCode, help.Error));
        Assert.All(help.Lines, line => Assert.InRange(line.Length, 1, 120));
        var version = K8snf.Run("--version");
        Assert.Equal((0, ""), (version.ExitCode, version.Error));
        Assert.StartsWith("k8snf ", version.Output, StringComparison.Ordinal);
        var none = K8snf.Run();
        Assert.Equal((2, "", help.Output), (none.ExitCode, none.Output, none.Error));
        var wrong = K8snf.Run("-Nope");
        Assert.Equal((2, ""), (wrong.ExitCode, wrong.Output));
        Assert.Contains("-Nope", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Warnings_and_verbose_messages_go_to_standard_error()
    {
        var run = K8snf.Run("1; $Host.UI.WriteWarningLine('careful'); $Host.UI.WriteVerboseLine('detail')");
        Assert.Equal((0, "1\n", "WARNING: careful\nVERBOSE: detail\n"), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public void Trace_shows_what_is_said_to_the_kernel_on_standard_error()
    {
        var run = K8snf.Run("-Trace", "-Json", "Get-NodeBridgePort");
        Assert.Contains("netlink > Route RTM_GETLINK", run.Error, StringComparison.Ordinal);
        Assert.Contains("netlink < Route RTM_NEWLINK", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("netlink", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("netlink >", K8snf.Run("-Json", "Get-NodeBridgePort").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Quiet_writes_errors_only()
    {
        var run = K8snf.Run("-Quiet", "1; $Host.UI.WriteWarningLine('careful'); throw 'broken'");
        Assert.Equal((1, "", "k8snf: broken\n"), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public void Json_is_a_line_an_object_with_values_that_programs_read()
    {
        var run = K8snf.Run("-Json", """
            [pscustomobject]@{
              Text = "a`nb`u{1b}é"; Number = [ulong]::MaxValue; Double = 1.5; NaN = [double]::NaN; Yes = $true; Nothing = $null
              Address = [ipaddress]'fe80::1'; Duration = [timespan]::FromMilliseconds(1500); Kind = [System.IO.FileAttributes]'Hidden, System'
              Time = [datetime]::new(2026, 1, 2, 3, 4, 5, [DateTimeKind]::Utc); Bytes = [byte[]](1, 2); List = 1, 'x'; Empty = @()
              Source = [K8sNetfilter.Configuration.SourceLine]::new('/etc/a', 3); Map = [ordered]@{ k = 1 }
            }
            5
            'plain'
            """);
        Assert.Equal((0, "", 3), (run.ExitCode, run.Error, run.Lines.Length));
        Assert.Equal(["5", "\"plain\""], run.Lines[1..]);
        var json = JsonDocument.Parse(run.Lines[0]).RootElement;
        Assert.Equal("a\nb\u001bé", json.GetProperty("Text").GetString());
        Assert.Equal(ulong.MaxValue, json.GetProperty("Number").GetUInt64());
        Assert.Equal(1.5, json.GetProperty("Double").GetDouble());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("NaN").ValueKind);
        Assert.True(json.GetProperty("Yes").GetBoolean());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("Nothing").ValueKind);
        Assert.Equal("fe80::1", json.GetProperty("Address").GetString());
        Assert.Equal(1.5m, json.GetProperty("Duration").GetDecimal());
        Assert.Equal("Hidden, System", json.GetProperty("Kind").GetString());
        Assert.StartsWith("2026-01-02T03:04:05", json.GetProperty("Time").GetString(), StringComparison.Ordinal);
        Assert.Equal([1, 2], json.GetProperty("Bytes").GetBytesFromBase64());
        Assert.Equal("""[1,"x"]""", json.GetProperty("List").GetRawText());
        Assert.Equal("[]", json.GetProperty("Empty").GetRawText());
        Assert.Equal("""{"File":"/etc/a","Line":3}""", json.GetProperty("Source").GetRawText());
        Assert.Equal("""{"k":1}""", json.GetProperty("Map").GetRawText());
    }

    [Fact]
    public void Json_ends_where_an_object_holds_itself()
    {
        var run = K8snf.Run("-Json", "$a = @{}; $a.Self = $a; $a");
        Assert.Equal((0, 1), (run.ExitCode, run.Lines.Length));
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(run.Lines[0]).RootElement.ValueKind);
    }

    [Fact]
    public void A_script_gets_its_arguments_whole_and_gives_its_exit_code()
    {
        string script = Path.GetTempFileName() + ".ps1";
        try
        {
            File.WriteAllText(script, "param($Name, [switch]$On)\n\"<$Name> $On $($args.Count) <$args>\"\nGet-KernelModule no_such_module_here\nif ($args) { exit 5 }\n");
            var run = K8snf.Run("-File", script, "-Name", "it's $x \"two\"", "-On", "rest of it");
            Assert.Equal((5, "<it's $x \"two\"> True 1 <rest of it>\n"), (run.ExitCode, run.Output));
            Assert.StartsWith($"{script}:3: Get-KernelModule: ", run.Error, StringComparison.Ordinal);
            Assert.Equal(1, K8snf.Run("-File", script).ExitCode);
            File.WriteAllText(script, "1\nif (\n");
            run = K8snf.Run("-File", script);
            Assert.Equal((2, ""), (run.ExitCode, run.Output));
            Assert.StartsWith($"{script}:2: k8snf: ", run.Error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(script);
        }

        var missing = K8snf.Run("-File", "/no/such.ps1");
        Assert.Equal((2, "", "k8snf: There is no script /no/such.ps1.\n"), (missing.ExitCode, missing.Output, missing.Error));
    }

    [Fact]
    public void Lines_piped_in_are_input()
    {
        var run = K8snf.Bash("printf 'a\\nb c\\n' | $K8SNF '$input | ForEach-Object { \"<$_>\" }'");
        Assert.Equal((0, "<a>\n<b c>\n"), (run.ExitCode, run.Output));
    }

    [Fact]
    public void An_unknown_command_is_one_line_with_the_nearest_name()
    {
        var run = K8snf.Run("1..3 | Get-KernelModul");
        Assert.Equal((1, "", "k8snf: There is no command Get-KernelModul. Did you mean Get-KernelModule?\n"), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public void What_the_shell_took_from_an_argument_is_hinted_at()
    {
        var run = K8snf.Run("Get-KernelModule", "-Name", "overlay", "two words");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Quote once more", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Control_characters_are_shown_and_not_sent()
    {
        var run = K8snf.Run("\"a`u{1b}]0;title`a`u{9b}b`u{202e}c`u{7f}\"; throw \"x`u{1b}[2Jy\"");
        Assert.Equal("a\\x1b]0;title\\x07\\x9bb\\u202ec\\x7f\n", run.Output);
        Assert.Equal("k8snf: x\\x1b[2Jy\n", run.Error);
    }

    [Fact]
    public void There_is_colour_on_a_terminal_only()
    {
        Assert.DoesNotContain('\x1b', K8snf.Run("[K8sNetfilter.Configuration.SourceLine]::new('/etc/a', 3); throw 'x'").Output);
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script(1) from util-linux, which makes a terminal, is not installed.");
        const string Command = "$K8SNF \\\"[K8sNetfilter.Configuration.SourceLine]::new(\\'/etc/a\\', 3)\\\"";
        Assert.Contains("\x1b[", K8snf.Bash($"script -qec \"{Command}\" /dev/null").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\x1b[", K8snf.Bash($"NO_COLOR=1 script -qec \"{Command}\" /dev/null").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\x1b[", K8snf.Bash($"TERM=dumb script -qec \"{Command}\" /dev/null").Output, StringComparison.Ordinal);

        // Nothing is hidden, on whatever terminal.
        const string Hidden = "TERM=xterm script -qec '\"$K8SNF\" \"(-join [char[]](27, 91, 56, 109, 49))\"' /dev/null";
        Assert.Contains("\\x1b[8m1", K8snf.Bash(Hidden).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_question_without_a_terminal_is_an_error_that_says_what_to_pass()
    {
        var run = K8snf.Run("function f { [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')] param() if ($PSCmdlet.ShouldProcess('x')) { 'done' } } f");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("-Confirm:$false", run.Error, StringComparison.Ordinal);
        Assert.Contains("Name", K8snf.Run("Enable-KernelModule").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_has_enough_ends_it_quietly()
    {
        var run = K8snf.Bash("$K8SNF 'while ($true) { \"line\" }' | head -1; echo ${PIPESTATUS[0]}");
        Assert.Equal(("line\n0\n", ""), (run.Output, run.Error));
    }

    [Theory]
    [InlineData("INT", 130, "while ($true) { }")]
    [InlineData("INT", 130, "[Threading.Thread]::Sleep(-1)")]
    [InlineData("TERM", 143, "while ($true) { }")]
    public async Task A_signal_stops_k8snf(string signal, int code, string text)
    {
        using var process = K8snf.Begin("-Command", $"'ready'; {text}; 'not reached'");
        try
        {
            Assert.Equal("ready", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
            using (var kill = Process.Start("kill", ["-" + signal, process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            {
                await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            // Far more than it may take, so that a busy machine does not fail the test: a command that does not listen would never end.
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await process.WaitForExitAsync(patience.Token);
            Assert.Equal(code, process.ExitCode);
            Assert.Equal("", await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
            Assert.Equal("", await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
