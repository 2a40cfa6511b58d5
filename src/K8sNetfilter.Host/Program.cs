using System.Management.Automation;
using System.Runtime.InteropServices;
using K8sNetfilter.Host;
using K8sNetfilter.Host.Output;

// A tool for nodes sends nothing to anybody, and opens no debugging socket in /tmp; both would also cost start time.
Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
Environment.SetEnvironmentVariable("POWERSHELL_DIAGNOSTICS_OPTOUT", "1");

// DSC's resources need no engine, and are not to wait for one.
if (args is ["dsc", ..])
{
    return DscRun.Execute(args[1..]);
}

var commandLine = CommandLine.Parse(args);
switch (commandLine.Mode)
{
    case CommandMode.Text or CommandMode.File:
        if (UserNamespace.Enter(commandLine, args) is { } refusal)
        {
            using var screen = new Screen();
            screen.WriteError($"k8snf: {refusal}");
        }

        using (var run = new Run(commandLine))
        {
            return run.Execute();
        }

    case CommandMode.Help:
        using (var screen = new Screen())
        {
            screen.Out.Write(Usage.Text);
            return ExitCode.Done;
        }

    case CommandMode.Version:
        using (var screen = new Screen())
        {
            screen.Out.Write($"k8snf {typeof(Run).Assembly.GetName().Version?.ToString(3)} (PowerShell engine {PSVersionInfo.PSVersion}, "
                + $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier})", endLine: true);
            return ExitCode.Done;
        }

    default:
        using (var screen = new Screen())
        {
            screen.WriteError(commandLine.Text.Length == 0 ? Usage.Text.TrimEnd() : $"k8snf: {commandLine.Text} See k8snf -Help.");
            return ExitCode.Usage;
        }
}
