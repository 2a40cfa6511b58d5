using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using K8sNetfilter.Commands;

namespace K8sNetfilter.Host.Engine;

/// <summary>Makes the PowerShell session that the text runs in: the engine's own commands and this module's.</summary>
internal static class Session
{
    /// <summary>Opens a session on this thread.</summary>
    public static Runspace Open(EmbeddedHost host)
    {
        var state = InitialSessionState.CreateDefault2();
        state.Formats.Add(new SessionStateFormatEntry(Path.Combine(AppContext.BaseDirectory, "K8sNetfilter.format.ps1xml")));
        foreach (Type type in typeof(NodeCommand).Assembly.GetExportedTypes())
        {
            if (type.GetCustomAttribute<CmdletAttribute>() is { } name)
            {
                state.Commands.Add(new SessionStateCmdletEntry($"{name.VerbName}-{name.NounName}", type, null));
            }
        }

        var runspace = RunspaceFactory.CreateRunspace(host, state);
        runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
        runspace.Open();
        return runspace;
    }
}
