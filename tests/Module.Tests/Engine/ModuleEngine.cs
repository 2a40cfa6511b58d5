using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace K8sNetfilter.Tests.Engine;

/// <summary>A PowerShell engine in this process with the module imported from the built checkout, through its manifest, as users do.</summary>
public sealed class ModuleEngine : IDisposable
{
    private readonly Runspace _runspace;

    public ModuleEngine()
    {
        var state = InitialSessionState.CreateDefault2();
        state.ThrowOnRunspaceOpenError = true;
        state.ImportPSModule(ManifestPath);
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
    }

    /// <summary>The manifest in the checkout that these tests were built from.</summary>
    public static string ManifestPath { get; } = Path.Combine(RepositoryRoot(), "K8sNetfilter.psd1");

    /// <summary>Runs PowerShell text and gives what it wrote; an error record is kept in <see cref="Errors"/>.</summary>
    public Collection<PSObject> Run(string script, params (string Name, object? Value)[] variables)
    {
        using var shell = PowerShell.Create();
        shell.Runspace = _runspace;
        foreach (var (name, value) in variables)
        {
            _runspace.SessionStateProxy.SetVariable(name, value);
        }

        var output = shell.AddScript(script).Invoke();
        Errors = [.. shell.Streams.Error];
        Warnings = [.. shell.Streams.Warning.Select(w => w.Message)];
        Verbose = [.. shell.Streams.Verbose.Select(v => v.Message)];
        return output;
    }

    /// <summary>The non-terminating errors of the last run.</summary>
    public IReadOnlyList<ErrorRecord> Errors { get; private set; } = [];

    /// <summary>The warnings of the last run.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>The verbose messages of the last run.</summary>
    public IReadOnlyList<string> Verbose { get; private set; } = [];

    public void Dispose() => _runspace.Dispose();

    /// <summary>The top of the checkout.</summary>
    public static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "K8sNetfilter.psd1")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("Run the tests from a checkout: no K8sNetfilter.psd1 above " + AppContext.BaseDirectory);
    }
}
