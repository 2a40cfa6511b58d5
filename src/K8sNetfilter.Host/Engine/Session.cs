using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace K8sNetfilter.Host.Engine;

/// <summary>Makes the PowerShell session that the text runs in: the engine's own commands and this module's.</summary>
internal sealed class Session
{
    private readonly InitialSessionState _state = InitialSessionState.CreateDefault2();
    private readonly SessionStateFormatEntry[] _views = [.. Views.Build().Select(view => new SessionStateFormatEntry(view))];
    private readonly SessionStateTypeEntry[] _viewProperties = [.. Views.Properties().Select(type => new SessionStateTypeEntry(type, isRemove: false))];

    private Session()
    {
    }

    /// <summary>What every session starts with. It needs nothing of the text, so it is made on another thread while that is read.</summary>
    public static Task<Session> Prepare() => Task.Run(static () =>
    {
        EngineLibrary.Provide();
        return new Session();
    });

    /// <summary>Opens a session on this thread; once.</summary>
    /// <param name="host">The program around the engine.</param>
    /// <param name="outputs">
    /// The names of the only types that can come out (see <see cref="PlainText"/>): PowerShell's own views and type extensions, a fifth of
    /// the start, and the views of other types are left out then. Null where anything can.
    /// </param>
    /// <param name="named">True where the text may ask for the module by its name (see <see cref="ModuleIdentity"/>).</param>
    public Runspace Open(EmbeddedHost host, IReadOnlySet<string>? outputs, bool named)
    {
        bool plain = outputs is not null;
        var state = _state;
#if POWERSHELL_SDK
        if (!plain)
        {
            // The rest of PowerShell, from its assemblies: the engine would look for it in module folders, which one file does not have.
            state = InitialSessionState.CreateDefault();
        }
#endif
        if (outputs is not null)
        {
            state.Types.Clear();
            state.Types.Add(_viewProperties.Where(type => outputs.Contains(type.TypeData.TypeName)));
            state.Formats.Clear();
            state.Formats.Add(_views.Where(view => view.FormatData.TypeNames.Any(outputs.Contains)));
        }
        else
        {
            state.Types.Add(_viewProperties);
            state.Formats.Add(_views);
            // [K8sNetfilter.…] names a type only once its assembly is loaded.
            GC.KeepAlive(typeof(Configuration.SourceLine).Assembly.FullName);
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
        CultureInfo.CurrentCulture = host.CurrentCulture;
        EngineFolders.Open(runspace.Open);
        if (named)
        {
            ModuleIdentity.Show(runspace);
        }

        return runspace;
    }
}
