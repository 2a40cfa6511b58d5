using System.Runtime.InteropServices;
using K8sNetfilter.Dsc;

namespace K8sNetfilter.Host;

/// <summary>One call of a DSC resource.</summary>
internal static class DscRun
{
    /// <summary>Answers it and gives the exit code.</summary>
    public static int Execute(string[] arguments)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var input = Console.OpenStandardInput();
        using var output = Console.OpenStandardOutput();
        using var error = Console.OpenStandardError();
        return DscCommand.Run(arguments, input, output, error, stop.Token);

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }
}
