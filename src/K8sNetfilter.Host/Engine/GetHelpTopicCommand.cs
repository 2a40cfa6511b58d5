using System.Management.Automation;

namespace K8sNetfilter.Host.Engine;

/// <summary>
/// Writes the topics (<c>about_…</c>) that k8snf carries: the text of one, or the names where a wildcard means several. The engine's own
/// Get-Help finds a topic only as a file in a module's folder, so a function of that name asks here first.
/// </summary>
[Cmdlet(VerbsCommon.Get, "HelpTopic")]
internal sealed class GetHelpTopicCommand : PSCmdlet
{
    /// <summary>What stands in front of the engine's Get-Help.</summary>
    public const string GetHelpFunction = """
        $topics = @(foreach ($asked in $args) { if ("$asked" -like 'about_*') { Get-HelpTopic "$asked" } })
        if ($topics) { $topics } else { Microsoft.PowerShell.Core\Get-Help @args }
        """;

    /// <summary>A topic's name; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public string Name { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var pattern = WildcardPattern.Get(Name, WildcardOptions.IgnoreCase);
        string[] found = [.. HelpPages.Topics.Where(pattern.IsMatch)];
        WriteObject(found.Length == 1 ? HelpPages.Topic(found[0]) : found, enumerateCollection: true);
    }
}
