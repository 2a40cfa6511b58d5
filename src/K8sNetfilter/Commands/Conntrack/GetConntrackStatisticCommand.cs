using System.Management.Automation;
using K8sNetfilter.Conntrack;

namespace K8sNetfilter.Commands;

/// <summary>Gets the connection tracker's counters and how full its table is.</summary>
[Cmdlet(VerbsCommon.Get, "ConntrackStatistic")]
[OutputType(typeof(ConntrackStatistic), typeof(ConntrackCpuStatistic))]
public sealed class GetConntrackStatisticCommand : NetworkNodeCommand, ISnapshotReader
{
    /// <summary>One object for each processor in place of their total.</summary>
    [Parameter]
    public SwitchParameter PerCpu { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string? Snapshot { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        var statistic = Node.Conntrack.ReadStatistic(StopToken)
            ?? throw NoAnswer();
        if (PerCpu)
        {
            WriteObject(statistic.Cpus, enumerateCollection: true);
        }
        else
        {
            WriteObject(statistic);
        }
    }
}
