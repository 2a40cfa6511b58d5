using System.Management.Automation;
using K8sNetfilter.Completion;

namespace K8sNetfilter.Commands;

/// <summary>What the cmdlets have in common that take baselines: shipped ones by name, or files.</summary>
public abstract class BaselineCommand : BaselineReadingCommand
{
    /// <summary>Shipped baselines by name, or .json and .psd1 files by path.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BaselineCompleter))]
    public string[]? Name { get; set; }
}
