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
    /// <param name="named">True where the text may ask for the module by its name (see <see cref="ModuleIdentity"/>).</param>
    public static Runspace Open(EmbeddedHost host, bool plain, bool named)
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

        string? help = plain ? null : HelpPages.CmdletFile();
        foreach (var (name, type) in ModuleCmdlets.All)
        {
            state.Commands.Add(new SessionStateCmdletEntry(name, type(), help));
        }

        if (!plain)
        {
            state.Commands.Add(new SessionStateCmdletEntry("Get-HelpTopic", typeof(GetHelpTopicCommand), null) { Visibility = SessionStateEntryVisibility.Private });
            state.Commands.Add(new SessionStateFunctionEntry("Get-Help", GetHelpTopicCommand.GetHelpFunction));
            // The engine's own one pages for a reader at a terminal, with commands that are not here.
            state.Commands.Remove("help", typeof(SessionStateFunctionEntry));
            state.Commands.Add(new SessionStateFunctionEntry("help", GetHelpTopicCommand.GetHelpFunction));
        }

        if (named)
        {
            state.Commands.Add(new SessionStateFunctionEntry("Import-Module", ModuleIdentity.ImportModuleFunction));
        }

        var runspace = RunspaceFactory.CreateRunspace(host, state);
        runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
        runspace.Open();
        if (named)
        {
            ModuleIdentity.Show(runspace);
        }

        return runspace;
    }
}
