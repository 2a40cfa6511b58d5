using System.Management.Automation;
using K8sNetfilter.Host.Output;

namespace K8sNetfilter.Host.Engine;

/// <summary>The end of the pipeline under <c>-Json</c>: each object is written as it comes.</summary>
[Cmdlet(VerbsData.Out, "JsonLines")]
internal sealed class OutJsonLinesCommand : PSCmdlet
{
    /// <summary>The object.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>What writes it.</summary>
    [Parameter(Mandatory = true)]
    public JsonLines Writer { get; set; } = null!;

    /// <inheritdoc/>
    protected override void ProcessRecord() => Writer.Write(InputObject);
}
