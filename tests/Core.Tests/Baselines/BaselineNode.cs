using System.Text;
using K8sNetfilter.Baselines;
using K8sNetfilter.Configuration;
using K8sNetfilter.Modules;
using K8sNetfilter.Nodes;
using K8sNetfilter.Tests.Modules;
using K8sNetfilter.Tests.Nodes;

namespace K8sNetfilter.Tests.Baselines;

/// <summary>A node of files and a kernel, written down by hand, and the baseline that it is held against.</summary>
internal sealed class BaselineNode
{
    /// <summary>The files by their paths.</summary>
    public Dictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>The kernel parameters by their paths below /proc/sys.</summary>
    public Dictionary<string, string> Values { get; } = new(StringComparer.Ordinal) { ["net/ipv4/ip_forward"] = "0" };

    public List<string> Loaded { get; } = [];

    public bool IsLive { get; init; } = true;

    public Action<PlainNode> Arrange { get; init; } = _ => { };

    public List<BaselineRequirement> Requirements { get; } = [];

    public Baseline Baseline => new() { Name = "Own", Path = "own.json", Requirements = [.. Requirements] };

    public BaselineNode Want(BaselineRequirementKind kind, string name, string expected, string? property = null, bool atBoot = true, string? family = null)
    {
        Requirements.Add(new BaselineRequirement
        {
            Baseline = "Own", Kind = kind, Name = name, Expected = BaselineExpectation.Exactly(expected), Property = property, AtBoot = atBoot, Family = family,
        });
        return this;
    }

    public BaselineNode With(string path, string text)
    {
        Files[path] = text;
        return this;
    }

    public List<BaselineFinding> Evaluate(BaselineFacts? facts = null) =>
        [.. new BaselineEvaluator(Node(new Dictionary<string, byte[]>()), Assert.Fail, TestContext.Current.CancellationToken).Evaluate(Baseline, facts ?? new())];

    public BaselinePlan Plan(Func<string, string?>? readOnly = null, Func<BaselineFinding, bool>? only = null) =>
        new BaselinePlanner(Node, readOnly ?? (_ => null), Assert.Fail, TestContext.Current.CancellationToken).Plan([Baseline], new(), only);

    /// <summary>The node with these contents in place of those of its files.</summary>
    public INode Node(IReadOnlyDictionary<string, byte[]> instead)
    {
        // A file below /etc replaces its namesake.
        var files = Files.Keys.Concat(instead.Keys).Distinct().GroupBy(path => string.Join('/', path.Split('/')[^2..])).Select(g => g.Min(StringComparer.Ordinal)!)
            .Select(path => new ConfigFile(path, instead.GetValueOrDefault(path) ?? Encoding.UTF8.GetBytes(Files[path]))).OrderBy(f => f.Name, StringComparer.Ordinal).ToList();
        var modules = new ModuleNode { Loaded = IsLive ? [.. Loaded.Select(name => new LoadedModule(name, ModuleState.Loaded, 1, 0, [], false))] : null, SupportsModules = IsLive ? true : null };
        var node = new PlainNode { Modules = modules, IsLive = IsLive };
        node.Sysctls.Live = IsLive ? Values : null;
        foreach (var file in files)
        {
            string text = Encoding.UTF8.GetString(file.Content.Span);
            switch (file.Path.Split('/')[^2])
            {
                case "sysctl.d":
                    node.Sysctls.With(file.Path, text);
                    break;
                case "modules-load.d":
                    modules.Load(text, file.Path);
                    break;
                case "modprobe.d":
                    modules.Modprobe(text, file.Path);
                    break;
                default:
                    Assert.Fail(file.Path);
                    break;
            }
        }

        Arrange(node);
        return node;
    }
}
