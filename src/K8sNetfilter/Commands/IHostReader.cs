using System.Management.Automation;

namespace K8sNetfilter.Commands;

/// <summary>A cmdlet that only reads, and whose -Root may be the host that runs this. <see cref="NodeCommand"/> does the rest: a cmdlet only has the parameter.</summary>
public interface IHostReader
{
    /// <summary>With -Root: the folder is the file system of the node that runs this, mounted in a container, so that the running kernel is asked too.</summary>
    SwitchParameter Live { get; }
}
