// engine [text]: runs PowerShell text in a bare engine, writes each object as text, a line each; errors go to standard error.
using System.Management.Automation;
using System.Management.Automation.Runspaces;

Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
Environment.SetEnvironmentVariable("POWERSHELL_DIAGNOSTICS_OPTOUT", "1");
using var runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
runspace.Open();
if (args.Length == 0)
{
    return 0;
}

using var shell = PowerShell.Create(runspace);
try
{
    foreach (var line in shell.AddScript(args[0]).Invoke())
    {
        Console.WriteLine(line);
    }
}
catch (RuntimeException failure)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}

foreach (var error in shell.Streams.Error)
{
    Console.Error.WriteLine(error);
}

return shell.HadErrors ? 1 : 0;
