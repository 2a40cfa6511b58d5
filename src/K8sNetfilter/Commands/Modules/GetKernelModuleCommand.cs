using System.Globalization;
using System.Management.Automation;
using K8sNetfilter.Completion;
using K8sNetfilter.Errors;
using K8sNetfilter.Modules;
using K8sNetfilter.Text;

namespace K8sNetfilter.Commands;

/// <summary>Gets kernel modules: what they are now, what the next boot does with them, and which line decides.</summary>
[Cmdlet(VerbsCommon.Get, "KernelModule")]
[OutputType(typeof(KernelModule))]
public sealed class GetKernelModuleCommand : RootedCommand, ISnapshotReader, IHostReader
{
    private ModuleReport? _report;

    /// <summary>
    /// The modules, with wildcards; - and _ are the same. Left out: all that is loaded, and all that a boot file or the kernel command line
    /// names. A pattern is matched with everything that is installed or built in.
    /// </summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(KernelModuleCompleter))]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string? Snapshot { get; set; }

    /// <inheritdoc/>
    [Parameter]
    public SwitchParameter Live { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        var report = _report ??= Open();
        if (Name is null)
        {
            WriteAll(report, report.LoadedOrNamed);
            return;
        }

        foreach (string name in Name)
        {
            StopToken.ThrowIfCancellationRequested();
            Guard(() => Find(report, name), name);
        }
    }

    private protected override bool IsNoSnapshot(string path)
    {
        Name = NameBeside(Name, path);
        return Name is not null && !IsTyped(nameof(Name));
    }

    private protected override void LeaveNode() => _report = null;

    private ModuleReport Open()
    {
        var source = Node.Modules;
        foreach (var file in source.ModulesLoadFiles.Concat(source.ModprobeFiles).Where(f => f.Problem is not null))
        {
            WriteWarning(string.Format(CultureInfo.InvariantCulture, Messages.ModuleFileNotRead, Printable.Text(file.Path), file.Problem));
        }

        return new ModuleReport(source);
    }

    private void Find(ModuleReport report, string name)
    {
        if (WildcardPattern.ContainsWildcardCharacters(name))
        {
            var pattern = WildcardPattern.Get(ModuleName.Normalize(name), WildcardOptions.CultureInvariant);
            WriteAll(report, report.Known.Where(pattern.IsMatch));
            return;
        }

        ModuleName.Check(name);
        var found = report.Find(name);
        if (found is [{ State: ModuleState.Missing, BootSource: null, BlockedBy: null } missing])
        {
            throw NodeException.Create(Messages.ResourceManager, nameof(Messages.ModuleUnknown), NodeErrorCategory.NotFound, missing.Name, missing.Reason);
        }

        WriteObject(found, enumerateCollection: true);
    }

    private void WriteAll(ModuleReport report, IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            StopToken.ThrowIfCancellationRequested();
            WriteObject(report.Describe(name));
        }
    }
}
