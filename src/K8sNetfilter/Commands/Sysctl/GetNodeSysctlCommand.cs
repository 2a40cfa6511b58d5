using System.Globalization;
using System.Management.Automation;
using K8sNetfilter.Completion;
using K8sNetfilter.Surface;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Commands;

/// <summary>Gets kernel parameters: the value now, the one after the next boot, the one after <c>sysctl --system</c>, and the lines that decide.</summary>
[Cmdlet(VerbsCommon.Get, "NodeSysctl")]
[OutputType(typeof(NodeSysctl))]
public sealed class GetNodeSysctlCommand : RootedNetworkCommand, ISnapshotReader, IHostReader
{
    private ISysctlSource? _source;
    private SysctlForecast? _forecast;

    /// <summary>
    /// The parameters, with wildcards: net.ipv4.ip_forward, net/ipv4/ip_forward or net.bridge.*. Left out: all that the kernel has, and all
    /// that a file sets.
    /// </summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(SysctlNameCompleter))]
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
        if (Name is null)
        {
            WriteAll(_ => true);
            return;
        }

        foreach (string name in Name)
        {
            StopToken.ThrowIfCancellationRequested();
            Guard(() => Find(name), name);
        }
    }

    private protected override bool IsNoSnapshot(string path)
    {
        Name = NameBeside(Name, path);
        return Name is not null && !IsTyped(nameof(Name));
    }

    private protected override void LeaveNode() => (_source, _forecast) = (null, null);

    private void Find(string name)
    {
        if (WildcardPattern.ContainsWildcardCharacters(name))
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
            bool isPath = name.Contains('/') && !name.Contains('.');
            WriteAll(path => pattern.IsMatch(isPath ? path : SysctlKey.ToName(path)));
            return;
        }

        string key = SysctlKey.Parse(name);
        var forecast = Forecast(key);
        var sysctl = forecast.Explain(key, forecast.IsLive(key) ? Source.ReadValue(key) : null);
        if (IsLive && forecast.Lacks(key) && sysctl is { Source: null, Overridden.Length: 0 })
        {
            throw SysctlNames.Unknown(forecast, key);
        }

        WriteObject(sysctl);
    }

    private void WriteAll(Func<string, bool> isWanted)
    {
        var forecast = Forecast(null);
        var paths = forecast.Paths.Where(isWanted).ToList();
        var values = Source.ReadValues(paths, StopToken);
        for (int i = 0; i < paths.Count; i++)
        {
            WriteObject(forecast.Explain(paths[i], values[i]));
        }

        if (!IsLive)
        {
            foreach (var pattern in forecast.Patterns.Where(p => isWanted(p.Path)))
            {
                WriteObject(SysctlForecast.Explain(pattern));
            }
        }
    }

    /// <summary>False where only files can be asked: below another root, or in a snapshot without the values.</summary>
    private bool IsLive => Node.IsLive && Source.IsKnown;

    private ISysctlSource Source => _source ??= Node.Sysctls;

    /// <summary>The forecast; without a running kernel it is made for the key that is asked for, since the files' patterns may be about that.</summary>
    private SysctlForecast Forecast(string? key)
    {
        if (_forecast is not null && (key is null || IsLive))
        {
            return _forecast;
        }

        bool isFirst = _forecast is null;
        _forecast = SysctlForecast.Of(Source, Node.Modules, key is null || IsLive ? [] : [key], StopToken);
        if (isFirst)
        {
            foreach (var file in Source.SystemdFiles.Concat(Source.ProcpsFiles).Where(f => f.Problem is not null).DistinctBy(f => f.Path))
            {
                WriteWarning(string.Format(CultureInfo.InvariantCulture, Messages.SysctlFileNotRead, Printable.Text(file.Path), file.Problem));
            }

            foreach (var line in _forecast.Malformed)
            {
                WriteVerbose(string.Format(CultureInfo.InvariantCulture, Messages.SysctlMalformed, Printable.Text(line.ToString())));
            }
        }

        return _forecast;
    }
}
