using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using K8sNetfilter.Host.Interop;
using K8sNetfilter.Host.Output;
using K8sNetfilter.Text;

namespace K8sNetfilter.Host.Engine;

/// <summary>
/// Standard output for what the formatter writes, standard error for everything else. A question is only asked where somebody can
/// answer it; elsewhere it is an error that says what to pass instead.
/// </summary>
internal sealed class UserInterface(ConsoleStreams screen, bool quiet) : PSHostUserInterface
{
    private const string Yellow = "\x1b[33m";
    private bool _progressShown;

    /// <inheritdoc/>
    public override PSHostRawUserInterface RawUI { get; } = new RawInterface(screen);

    /// <inheritdoc/>
    public override bool SupportsVirtualTerminal => screen.Out.HasColour;

    /// <inheritdoc/>
    public override void Write(string value)
    {
        ClearProgress();
        screen.Out.Write(value);
    }

    /// <inheritdoc/>
    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    /// <inheritdoc/>
    public override void WriteLine(string value)
    {
        ClearProgress();
        screen.Out.Write(value, endLine: true);
    }

    /// <inheritdoc/>
    public override void WriteErrorLine(string value) => Say(value, null);

    /// <inheritdoc/>
    public override void WriteWarningLine(string message)
    {
        if (!quiet)
        {
            Say("WARNING: " + message, Yellow);
        }
    }

    /// <inheritdoc/>
    public override void WriteVerboseLine(string message) => Say("VERBOSE: " + message, Yellow);

    /// <inheritdoc/>
    public override void WriteDebugLine(string message) => Say("DEBUG: " + message, Yellow);

    /// <inheritdoc/>
    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        if (quiet || !screen.Error.IsTerminal)
        {
            return;
        }

        if (record.RecordType == ProgressRecordType.Completed)
        {
            ClearProgress();
            return;
        }

        string percent = record.PercentComplete >= 0 ? $" {record.PercentComplete}%" : "";
        string line = Printable.Text($"{record.Activity}: {record.StatusDescription}{percent}", Math.Max(20, screen.Width - 5));
        screen.Out.Flush();
        EraseLine();
        screen.Error.Write(line);
        screen.Error.Flush();
        _progressShown = true;
    }

    /// <inheritdoc/>
    public override string ReadLine() => Console.In.ReadLine() ?? throw new HostException(EngineMessages.NoMoreInput);

    /// <inheritdoc/>
    public override SecureString ReadLineAsSecureString() => throw CannotAsk(EngineMessages.APassword);

    /// <inheritdoc/>
    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) =>
        throw CannotAsk(EngineMessages.AValueFor(string.Join(", ", descriptions.Select(d => d.Name))));

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        throw CannotAsk(EngineMessages.ACredential);

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) =>
        throw CannotAsk(EngineMessages.ACredential);

    /// <inheritdoc/>
    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        if (!Libc.IsTerminal(0) || !screen.Error.IsTerminal)
        {
            throw new HostException(EngineMessages.NoTerminal(message));
        }

        Say(caption + "\n" + message, null);
        var keys = choices.Select(c => (Key: KeyOf(c.Label), Label: c.Label.Replace("&", "", StringComparison.Ordinal))).ToList();
        string menu = string.Join("  ", keys.Select(k => $"[{k.Key}] {k.Label}")) + "  [?] Help";
        string prompt = defaultChoice >= 0 ? EngineMessages.ChoiceWithDefault(menu, keys[defaultChoice].Key) : $"{menu}: ";
        while (true)
        {
            screen.Error.Write(prompt);
            screen.Error.Flush();
            string answer = (Console.In.ReadLine() ?? throw new HostException(EngineMessages.NoAnswer)).Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            if (answer == "?")
            {
                Say(string.Join('\n', keys.Select((k, i) => $"{k.Key} - {choices[i].HelpMessage}")), null);
                continue;
            }

            int chosen = keys.FindIndex(k =>
                k.Key.Equals(answer, StringComparison.OrdinalIgnoreCase) || k.Label.Equals(answer, StringComparison.OrdinalIgnoreCase));
            if (chosen >= 0)
            {
                return chosen;
            }
        }
    }

    /// <summary>Writes a line to standard error.</summary>
    public void Say(string text, string? colour)
    {
        ClearProgress();
        screen.WriteError(text, colour);
    }

    /// <summary>Takes the progress line away.</summary>
    public void ClearProgress()
    {
        if (_progressShown)
        {
            _progressShown = false;
            EraseLine();
            screen.Error.Flush();
        }
    }

    private void EraseLine() => screen.Error.Write("\r\x1b[K"u8);

    private static string KeyOf(string label)
    {
        int mark = label.IndexOf('&', StringComparison.Ordinal);
        return mark >= 0 && mark + 1 < label.Length ? label.Substring(mark + 1, 1).ToUpperInvariant() : label;
    }

    private static HostException CannotAsk(string what) => new(EngineMessages.NotAsked(what));
}
