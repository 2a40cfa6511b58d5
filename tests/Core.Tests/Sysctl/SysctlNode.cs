using System.Text;
using K8sNetfilter.Configuration;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Tests.Sysctl;

/// <summary>A node's kernel parameters, and the files that set them, written down by hand.</summary>
internal sealed class SysctlNode : ISysctlSource
{
    public List<ConfigFile> Systemd { get; } = [];

    public List<ConfigFile> Procps { get; } = [];

    public List<ReplacedContent> Replaced { get; } = [];

    public Dictionary<string, string>? Live { get; set; } = new(StringComparer.Ordinal)
    {
        ["net/ipv4/ip_forward"] = "0",
        ["net/ipv4/conf/all/forwarding"] = "0",
        ["net/ipv4/conf/all/rp_filter"] = "0",
        ["net/ipv4/conf/default/rp_filter"] = "0",
        ["net/ipv4/conf/lo/rp_filter"] = "0",
        ["net/ipv4/conf/eth0/rp_filter"] = "0",
        ["net/ipv4/conf/eth0/forwarding"] = "0",
        ["net/bridge/bridge-nf-call-iptables"] = "1",
    };

    public IReadOnlyList<ConfigFile> SystemdFiles => Systemd;

    public IReadOnlyList<ConfigFile> ProcpsFiles => Procps;

    public IReadOnlyList<ReplacedContent> ReplacedFiles => Replaced;

    public bool ProcpsExcludesByPattern { get; set; }

    public string? CommandLine { get; set; }

    public LaterSysctls Later { get; set; } = LaterSysctls.None;

    public string? UnreadFolder { get; set; }

    public bool IsPart { get; set; }

    public bool Knows(string path) => !IsPart;

    public IReadOnlyList<string>? ListKeys(CancellationToken stop) => Live?.Keys.ToList();

    public string? ReadValue(string path) => Live?.GetValueOrDefault(path);

    public IReadOnlyList<string?> ReadValues(IReadOnlyList<string> paths, CancellationToken stop) => [.. paths.Select(ReadValue)];

    public SysctlNode With(string path, string text)
    {
        var file = new ConfigFile(path, Encoding.UTF8.GetBytes(text));
        Systemd.Add(file);
        Procps.Add(file);
        return this;
    }

    public NodeSysctl Explain(string name, Func<string, bool?>? isThereEarly = null)
    {
        string path = SysctlKey.Parse(name);
        return SysctlForecast.Of(this, [path], isThereEarly, TestContext.Current.CancellationToken).Explain(path, ReadValue(path));
    }
}
