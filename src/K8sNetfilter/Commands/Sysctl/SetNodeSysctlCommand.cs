using System.Collections;
using System.Globalization;
using System.Management.Automation;
using K8sNetfilter.Completion;
using K8sNetfilter.Errors;
using K8sNetfilter.Surface;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Commands;

// A table that is piped in has a set of its own, the default one: of two sets that begin with a position and no default, Tab completes
// nothing after the name; and PowerShell would settle on a default of another kind before it looks at the pipeline, and refuse a table.
/// <summary>Sets kernel parameters: in the running kernel, proved by reading back, and with -Persist in a sysctl.d file, atomically.</summary>
[Cmdlet(VerbsCommon.Set, "NodeSysctl", DefaultParameterSetName = ByPipe, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(NodeSysctl))]
public sealed class SetNodeSysctlCommand : SysctlChangeCommand
{
    private const string ByName = "Name";
    private const string BySetting = "Setting";
    private const string ByPipe = "SettingInput";

    /// <summary>The parameters: net.ipv4.ip_forward or net/ipv4/ip_forward.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByName, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SysctlNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The value for all of them. Several numbers are given as a list or in one text; $true and $false are 1 and 0.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = ByName, ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    [AllowNull]
    [ArgumentCompleter(typeof(SysctlValueCompleter))]
    public object[]? Value { get; set; } = [];

    /// <summary>Names and values: @{ 'net.ipv4.ip_forward' = 1; 'net.bridge.bridge-nf-call-iptables' = 1 }.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = BySetting)]
    [Parameter(Mandatory = true, ParameterSetName = ByPipe, ValueFromPipeline = true)]
    [ValidateNotNull]
    public IDictionary Setting { get; set; } = new Hashtable();

    /// <summary>Also sets the value for every boot, in the file that -Path names.</summary>
    [Parameter]
    public SwitchParameter Persist { get; set; }

    /// <summary>The file for -Persist: a name in /etc/sysctl.d, or a path that systemd-sysctl or sysctl --system reads. Left out: /etc/sysctl.d/k8s.conf.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        string? file = Persist || Path is not null ? Control.FileFor(Path) : null;
        if (ParameterSetName != ByName)
        {
            foreach (var entry in Setting.InOrder())
            {
                Change(Text(entry.Key), Text(entry.Value), file);
            }

            return;
        }

        foreach (string name in Name)
        {
            // Get-NodeSysctl has no value of a parameter that can only be written, such as net.ipv4.route.flush.
            if (Value is null)
            {
                WriteNodeError(NodeException.Create(Messages.ResourceManager, nameof(Messages.SysctlValueMissing), NodeErrorCategory.InvalidArgument, Printable.Text(name)), name);
            }
            else
            {
                Change(name, Text(Value), file);
            }
        }
    }

    private void Change(string name, string value, string? file)
    {
        StopToken.ThrowIfCancellationRequested();
        Guard(
            () =>
            {
                var plan = Control.PlanSet(name, value, file, StopToken);
                Do(plan, string.Format(CultureInfo.InvariantCulture, file is null ? Messages.SysctlIsSet : Messages.SysctlIsSetAndPersisted, plan.Name, Printable.Text(value), file));
            },
            name);
    }

    private static string Text(object? value) => value switch
    {
        PSObject wrapped => Text(wrapped.BaseObject),
        null => "",
        bool flag => flag ? "1" : "0",
        string text => text,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable list => string.Join(' ', list.Cast<object?>().Select(Text)),
        _ => value.ToString() ?? "",
    };
}
