using System.Globalization;
using System.Management.Automation.Host;
using System.Reflection;
using K8sNetfilter.Host.Output;

namespace K8sNetfilter.Host.Engine;

/// <summary>What the PowerShell engine sees of the program around it.</summary>
internal sealed class EmbeddedHost(ConsoleStreams screen, bool quiet) : PSHost
{
    /// <summary>The number of an <c>exit</c> statement; null where there was none.</summary>
    public int? ExitCode { get; private set; }

    /// <inheritdoc/>
    public override string Name => "k8snf";

    /// <inheritdoc/>
    public override Version Version { get; } = typeof(EmbeddedHost).Assembly.GetName().Version ?? new Version(0, 0);

    /// <inheritdoc/>
    public override Guid InstanceId { get; } = Guid.NewGuid();

    /// <inheritdoc/>
    public override PSHostUserInterface UI { get; } = new UserInterface(screen, quiet);

    /// <inheritdoc/>
    public override CultureInfo CurrentCulture { get; } = new Words();

    /// <inheritdoc/>
    public override CultureInfo CurrentUICulture => CurrentCulture;

    /// <inheritdoc/>
    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    /// <inheritdoc/>
    public override void EnterNestedPrompt() => throw new HostException(EngineMessages.NoPrompt);

    /// <inheritdoc/>
    public override void ExitNestedPrompt()
    {
    }

    /// <inheritdoc/>
    public override void NotifyBeginApplication()
    {
    }

    /// <inheritdoc/>
    public override void NotifyEndApplication()
    {
    }

    /// <summary>The invariant culture, whose words are English: the engine breaks lines between words only in languages that it knows to have some.</summary>
    private sealed class Words() : CultureInfo("")
    {
        /// <inheritdoc/>
        public override string TwoLetterISOLanguageName => "en";
    }
}
