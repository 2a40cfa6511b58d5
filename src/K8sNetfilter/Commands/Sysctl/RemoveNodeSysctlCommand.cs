using System.Globalization;
using System.Management.Automation;
using K8sNetfilter.Completion;
using K8sNetfilter.Surface;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Commands;

/// <summary>Takes persisted kernel parameters out of the sysctl.d files. The running kernel is not changed.</summary>
[Cmdlet(VerbsCommon.Remove, "NodeSysctl", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(NodeSysctl))]
public sealed class RemoveNodeSysctlCommand : SysctlChangeCommand
{
    private SysctlForecast? _forecast;

    /// <summary>The parameters, with wildcards: net.ipv4.ip_forward, net/ipv4/ip_forward or net.bridge.*.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(SysctlNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The file to look in: a name in /etc/sysctl.d, or a path. Left out: every file below /etc that systemd-sysctl or sysctl --system reads.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        string? file = Path is null ? null : Control.FileFor(Path);
        foreach (string name in Name.SelectMany(n => Expand(n, file)))
        {
            StopToken.ThrowIfCancellationRequested();
            Guard(
                () =>
                {
                    var plan = Control.PlanRemove(name, file, StopToken);
                    RequireKnown(plan);
                    Do(plan, string.Format(CultureInfo.InvariantCulture, Messages.SysctlNotPersisted, plan.Name, file ?? "/etc"));
                },
                name);
        }
    }

    // A name that neither the kernel nor a file has is misspelt: to say that there is nothing to do would hide it.
    private void RequireKnown(SysctlChange plan)
    {
        if (plan.Steps.Count == 0 && Node.IsLive)
        {
            _forecast ??= SysctlForecast.Of(Node.Sysctls, Node.Modules, [], StopToken);
            if (_forecast.Lacks(plan.Path) && !_forecast.NamedPaths.Contains(plan.Path) && SysctlModule.For(plan.Path) is null
                && !SysctlNames.IsOfAbsentInterface(_forecast, plan.Path))
            {
                throw SysctlNames.Unknown(_forecast, plan.Path);
            }
        }
    }

    private List<string> Expand(string name, string? file)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(name))
        {
            return [name];
        }

        // The same choice between the notations as Get-NodeSysctl's.
        bool isPath = name.Contains('/') && !name.Contains('.');
        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
        var found = Control.PersistedNames(file).Where(p => pattern.IsMatch(isPath ? SysctlKey.Parse(p) : p)).ToList();
        if (found.Count == 0)
        {
            WriteVerbose(string.Format(CultureInfo.InvariantCulture, Messages.SysctlNotPersisted, Printable.Text(name), file ?? "/etc"));
        }

        return found;
    }
}
