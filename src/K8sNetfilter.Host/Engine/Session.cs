using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace K8sNetfilter.Host.Engine;

/// <summary>Makes the PowerShell session that the text runs in: the engine's own commands and this module's.</summary>
internal static class Session
{
    /// <summary>Opens a session on this thread.</summary>
    /// <param name="host">The program around the engine.</param>
    /// <param name="plain">
    /// True where nothing but this module's own objects can come out (see <see cref="PlainText"/>): PowerShell's own views and type
    /// extensions, a fifth of the start, are left out then.
    /// </param>
    public static Runspace Open(EmbeddedHost host, bool plain)
    {
        EngineLibrary.Provide();
        var state = InitialSessionState.CreateDefault2();
        if (plain)
        {
            state.Types.Clear();
            state.Formats.Clear();
        }
        else
        {
            // [K8sNetfilter.…] names a type only once its assembly is loaded.
            GC.KeepAlive(typeof(Configuration.SourceLine).Assembly.FullName);
        }

        foreach (var view in Views.Build())
        {
            state.Formats.Add(new SessionStateFormatEntry(view));
        }

        foreach (var (name, type) in ModuleCmdlets.All)
        {
            state.Commands.Add(new SessionStateCmdletEntry(name, type(), null));
        }

        var runspace = RunspaceFactory.CreateRunspace(host, state);
        runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
        runspace.Open();
        return runspace;
    }
}
