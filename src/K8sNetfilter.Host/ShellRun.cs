using System.Management.Automation;
using System.Runtime.InteropServices;
using K8sNetfilter.Host.Engine;
using K8sNetfilter.Host.Output;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Host;

/// <summary>One call with PowerShell text, a script, or a question about k8snf itself.</summary>
internal static class ShellRun
{
    /// <summary>Answers it and gives the exit code. Each mode is one case here.</summary>
    public static int Execute(string[] args)
    {
        var commandLine = CommandLine.Parse(args);
        switch (commandLine.Mode)
        {
            case CommandMode.Text or CommandMode.File:
                EngineFolders.Prepare();
                if (commandLine.Trace)
                {
                    Environment.SetEnvironmentVariable(NetlinkTrace.Variable, NetlinkTrace.Word);
                }

                if (UserNamespace.Enter(commandLine, args) is { } refusal)
                {
                    using var screen = new ConsoleStreams();
                    screen.WriteError($"k8snf: {refusal}");
                }

                using (var run = new ScriptRun(commandLine))
                {
                    return run.Execute();
                }

            case CommandMode.Help:
                using (var screen = new ConsoleStreams())
                {
                    screen.Out.Write(UsageText.Text);
                    return ExitCode.Done;
                }

            case CommandMode.Version:
                using (var screen = new ConsoleStreams())
                {
                    screen.Out.Write($"k8snf {typeof(ScriptRun).Assembly.GetName().Version?.ToString(3)} (PowerShell engine {PSVersionInfo.PSVersion}, "
                        + $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier})", endLine: true);
                    return ExitCode.Done;
                }

            default:
                using (var screen = new ConsoleStreams())
                {
                    screen.WriteError(commandLine.Text.Length == 0 ? UsageText.Text.TrimEnd() : $"k8snf: {commandLine.Text} See k8snf -Help.");
                    return ExitCode.Usage;
                }
        }
    }
}
