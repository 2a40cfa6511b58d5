using System.Globalization;
using System.Management.Automation;
using K8sNetfilter.Nodes;
using K8sNetfilter.Snapshots.Writing;

namespace K8sNetfilter.Commands;

/// <summary>Writes all that the reading cmdlets read into a folder or a .tar.gz, in the formats of the standard tools.</summary>
[Cmdlet(VerbsData.Export, "NodeSnapshot", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo), typeof(DirectoryInfo))]
public sealed class ExportNodeSnapshotCommand : RootedNetworkCommand
{
    /// <summary>The folder to make; or, with a name that ends in .tar.gz or .tgz, the archive.</summary>
    [Parameter(Position = 0, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Also what ip(8) shows in the network namespaces of the pods.</summary>
    [Parameter]
    public SwitchParameter IncludePods { get; set; }

    /// <summary>Replaces addresses, host names, and the namespaces and names in comments, each by the same everywhere.</summary>
    [Parameter]
    public SwitchParameter Redact { get; set; }

    /// <summary>Replaces a snapshot that is there already.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the file or folder that was made.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        string target = System.IO.Path.TrimEndingDirectorySeparator(GetUnresolvedProviderPathFromPSPath(Path));
        SnapshotExport.Check(target, Force);
        if (!ShouldProcess(target, string.Format(CultureInfo.InvariantCulture, Messages.SnapshotWrite, Node.Description)))
        {
            return;
        }

        var progress = new ProgressRecord(1, Messages.SnapshotProgress, target);
        try
        {
            SnapshotExport.Run((LiveNode)Node, target, new SnapshotExportOptions
            {
                IncludePods = IncludePods,
                Redact = Redact,
                Force = Force,
                Warn = WriteWarning,
                Progress = (part, percent) =>
                {
                    progress.StatusDescription = part;
                    progress.PercentComplete = percent;
                    WriteProgress(progress);
                },
            }, StopToken);
        }
        finally
        {
            if (!StopToken.IsCancellationRequested)
            {
                progress.RecordType = ProgressRecordType.Completed;
                WriteProgress(progress);
            }
        }

        if (PassThru)
        {
            // With the columns that the provider adds, as Get-Item gives it.
            WriteObject(InvokeProvider.Item.Get([target], force: true, literalPath: true), enumerateCollection: true);
        }
    }
}
