using K8sNetfilter.Host.Output;

namespace K8sNetfilter.Host;

/// <summary>What was asked for on the command line.</summary>
internal sealed record CommandLine
{
    /// <summary>What to do.</summary>
    public required CommandMode Mode { get; init; }

    /// <summary>The PowerShell text, the script's path, or what is wrong with the command line.</summary>
    public string Text { get; init; } = "";

    /// <summary>The script's arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>How objects are written.</summary>
    public OutputForm Output { get; init; } = OutputForm.Formatted;

    /// <summary>True if what is said to the kernel is shown: K8SNETFILTER_DEBUG=netlink.</summary>
    public bool Trace { get; init; }

    /// <summary>True where one argument of several holds blanks: the shell took quotes away that PowerShell might have needed.</summary>
    public bool LostQuotes { get; init; }

    /// <summary>
    /// Reads the command line. Options stand before the PowerShell text and are written as PowerShell or as GNU writes them, in any
    /// case (<c>-Json</c>, <c>--json</c>). The first argument that is no option starts the text; from there on all arguments are joined
    /// with one blank, as <c>pwsh -Command</c> joins them.
    /// </summary>
    public static CommandLine Parse(ReadOnlySpan<string> arguments)
    {
        var output = OutputForm.Formatted;
        bool trace = false;
        for (int i = 0; i < arguments.Length; i++)
        {
            string argument = arguments[i];
            if (!IsOption(argument))
            {
                return ForText(arguments[i..], output, trace);
            }

            switch (argument.TrimStart('-').ToLowerInvariant())
            {
                case "json":
                    output = OutputForm.JsonLines;
                    break;
                case "quiet":
                    output = OutputForm.None;
                    break;
                case "trace":
                    trace = true;
                    break;
                case "help" or "h" or "?":
                    return new CommandLine { Mode = CommandMode.Help };
                case "version":
                    return new CommandLine { Mode = CommandMode.Version };
                case "command" or "c":
                    return i + 1 < arguments.Length
                        ? ForText(arguments[(i + 1)..], output, trace)
                        : Wrong($"{argument} needs PowerShell text after it.");
                case "file" or "f":
                    return i + 1 < arguments.Length
                        ? new CommandLine
                        {
                            Mode = CommandMode.File, Text = arguments[i + 1], Arguments = [.. arguments[(i + 2)..]], Output = output, Trace = trace,
                        }
                        : Wrong($"{argument} needs the path of a script after it.");
                default:
                    return Wrong($"There is no option {argument}. PowerShell text that starts with a dash goes after -Command.");
            }
        }

        return Wrong(output == OutputForm.Formatted && !trace ? "" : "What should be run?");
    }

    private static bool IsOption(string argument) => argument.Length > 1 && argument[0] == '-';

    private static CommandLine ForText(ReadOnlySpan<string> words, OutputForm output, bool trace)
    {
        bool lostQuotes = false;
        foreach (string word in words)
        {
            lostQuotes |= words.Length > 1 && (word.Length == 0 || word.Contains(' ', StringComparison.Ordinal));
        }

        return new CommandLine
        {
            Mode = CommandMode.Text, Text = string.Join(' ', words!), Output = output, Trace = trace, LostQuotes = lostQuotes,
        };
    }

    private static CommandLine Wrong(string why) => new() { Mode = CommandMode.Usage, Text = why };
}
