using System.IO.Enumeration;
using K8sNetfilter.Addressing;
using K8sNetfilter.Configuration;
using K8sNetfilter.Errors;
using K8sNetfilter.Links;
using K8sNetfilter.Modules;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Baselines;

/// <summary>
/// Holds a node against a resolved baseline. Deterministic: the same observations give the same findings. Each room is asked only when a
/// requirement is about it.
/// </summary>
public sealed class BaselineEvaluator
{
    private readonly INode _node;
    private readonly Action<string> _warn;
    private readonly CancellationToken _stop;
    private ModuleReport? _modules;
    private SysctlForecast? _sysctls;
    private IReadOnlyList<Bridge>? _bridges;
    private readonly Dictionary<string, Ruleset?> _rules = new(StringComparer.Ordinal);
    private bool _hasBridges;

    /// <summary>Prepares an evaluation. Nothing is read yet.</summary>
    /// <param name="node">The node.</param>
    /// <param name="warn">Told of what makes answers less than complete.</param>
    /// <param name="stop">Ends the reading.</param>
    public BaselineEvaluator(INode node, Action<string> warn, CancellationToken stop)
    {
        _node = node;
        _warn = warn;
        _stop = stop;
    }

    /// <summary>Gives one finding for each requirement that applies, in the baseline's order.</summary>
    /// <param name="baseline">A resolved baseline.</param>
    /// <param name="facts">What is known of the node; a requirement whose condition is not known to fail is checked.</param>
    public IEnumerable<BaselineFinding> Evaluate(Baseline baseline, BaselineFacts facts)
    {
        ArgumentNullException.ThrowIfNull(baseline);
        var keys = baseline.Requirements.Where(r => r.Kind == BaselineRequirementKind.Sysctl).Select(r => SysctlKey.Parse(r.Name)).ToList();
        _sysctls = null;
        foreach (var requirement in baseline.Requirements)
        {
            _stop.ThrowIfCancellationRequested();
            if (requirement.When.Holds(facts) == false)
            {
                continue;
            }

            switch (requirement.Kind)
            {
                case BaselineRequirementKind.Module:
                    yield return Module(baseline, requirement);
                    break;
                case BaselineRequirementKind.Sysctl:
                    yield return Sysctl(baseline, requirement, keys);
                    break;
                case BaselineRequirementKind.File:
                    yield return File(baseline, requirement, keys);
                    break;
                case BaselineRequirementKind.Chain:
                    yield return Chain(baseline, requirement);
                    break;
                default:
                    foreach (var finding in Bridge(baseline, requirement))
                    {
                        yield return finding;
                    }

                    break;
            }
        }
    }

    private BaselineFinding Module(Baseline baseline, BaselineRequirement requirement)
    {
        var report = _modules ??= new ModuleReport(_node.Modules);
        var module = report.Describe(requirement.Name);
        bool wantsIt = requirement.Expected.IsSatisfiedBy("present");
        bool isThere = module.State is ModuleState.Loaded or ModuleState.BuiltIn or ModuleState.Loading;
        // A module that is built in is there at every boot; a module of a mounted root is not running anywhere.
        // What is built in is there where the kernel runs, also where its list of loaded modules was not read.
        bool knowsIt = KnowsModules || (_node.IsLive && module.State == ModuleState.BuiltIn);
        bool? live = !knowsIt || module.State == ModuleState.Unknown ? null : isThere == wantsIt;
        bool? atBoot = module.State == ModuleState.BuiltIn ? true : module.LoadsAtBoot;
        // A file system without any kernel yet: that the module is named is all that can be known.
        bool isNamedOnly = wantsIt && module.BootSource is not null && report.KnowsNoKernel;
        bool? boot = !requirement.AtBoot || isNamedOnly || atBoot is null ? null : atBoot == wantsIt;
        bool isUnknown = (_node.IsLive && live is null) || (requirement.AtBoot && boot is null && !isNamedOnly);
        string? cause = live == false || boot == false ? Causes(
            live == false ? wantsIt ? BaselineMessages.StateNow(Word(module.State)) : BaselineMessages.MustBeAbsent(Word(module.State)) : null,
            boot == false ? wantsIt
                ? module.BlockedBy is { } block ? BaselineMessages.LineBlocksModule(block) : BaselineMessages.NothingLoadsModule
                : BaselineMessages.LoadedAtBoot(module.BootSource?.ToString() ?? BaselineMessages.TheKernel) : null)
            : isUnknown ? Sentence(module.Reason ?? BaselineMessages.ModulesNotSaid) : null;
        return Finding(baseline, requirement) with
        {
            LiveValue = knowsIt && live is not null ? module.State.ToString() : null,
            BootValue = !requirement.AtBoot || boot is null ? null : atBoot == true ? "present" : "absent",
            IsLiveInDesiredState = live,
            IsBootInDesiredState = boot,
            IsUnknown = isUnknown,
            Cause = cause,
            Source = boot == false ? module.BlockedBy ?? module.BootSource : module.BootSource,
            Remedy = live != false && boot != false ? null : Place.On(wantsIt && module.BlockedBy is { } blocked
                ? BaselineMessages.RemoveLineThen(blocked, Place.MachineCmdlet($"Enable-KernelModule -Name {module.Name} -Persist"))
                : Place.MachineCmdlet($"{(wantsIt ? "Enable" : "Disable")}-KernelModule -Name {module.Name} -Persist")),
        };
    }

    private BaselineFinding Sysctl(Baseline baseline, BaselineRequirement requirement, List<string> keys)
    {
        string key = SysctlKey.Parse(requirement.Name);
        var sysctl = Explain(requirement.Name, keys);
        var expected = requirement.Expected;
        bool isRead = KnowsValues && (sysctl.Value is not null || _sysctls!.Lacks(key));
        bool? live = !isRead ? null : expected.IsSatisfiedBy(sysctl.Value);
        // Where no file decides and the kernel's own default is not known, nothing makes sure of it.
        bool byFiles = expected.IsSatisfiedBy(sysctl.BootValue);
        bool? boot = !requirement.AtBoot || !sysctl.IsBootValueKnown || sysctl.MayBecome.Any(v => v is null || expected.IsSatisfiedBy(v) != byFiles) ? null : byFiles;
        bool isUnknown = (_node.IsLive && live is null) || (requirement.AtBoot && boot is null);
        string? cause = live == false || boot == false ? Causes(
            live == false ? sysctl.Value is null ? BaselineMessages.NoSuchSysctlNow(sysctl.Name, Sentence(sysctl.Reason)) : BaselineMessages.StateNow(Printable.Text(sysctl.Value.Trim())) : null,
            boot == false ? sysctl.Source is null ? BaselineMessages.AtBoot(Sentence(sysctl.Reason))
                : BaselineMessages.ValueAtBoot(sysctl.Source, Printable.Text(sysctl.BootValue!)) : null)
            : !isUnknown ? null : _node.IsLive && live is null ? BaselineMessages.ValueNowUnknown(Unread(KnowsValues, sysctl)) : BaselineMessages.AtBoot(Sentence(sysctl.Reason));
        string value = expected.ValueToSet(sysctl.Value?.Trim());
        string? module = SysctlModule.For(key);
        return Finding(baseline, requirement) with
        {
            LiveValue = sysctl.Value?.Trim() is { } now ? Printable.Text(now) : null,
            BootValue = !requirement.AtBoot || sysctl.BootValue is null ? null : Printable.Text(sysctl.BootValue),
            IsLiveInDesiredState = live,
            IsBootInDesiredState = boot,
            IsUnknown = isUnknown,
            NeedsLine = requirement.AtBoot && boot is null && sysctl.IsBootValueKnown && !byFiles,
            Cause = cause,
            Source = sysctl.Source,
            Remedy = live != false && boot != false ? null
                : Place.On((module is not null && sysctl.Value is null && KnowsValues ? Place.MachineCmdlet($"Enable-KernelModule -Name {module} -Persist") + "; " : "")
                    + SetSysctl($"Set-NodeSysctl -Name {requirement.Name} -Value '{value}'", requirement.AtBoot, live == false, boot == false ? sysctl : null)),
        };
    }

    private CommandPlace Place => _node.Place;

    // The files of a host that is mounted here are one thing, and the kernel that runs here another. A line that would lose against a later one is
    // not offered.
    private string SetSysctl(string command, bool atBoot, bool isNow, NodeSysctl? atFault)
    {
        if (atFault?.ChangeByHand is { } byHand)
        {
            return isNow ? $"{(Place.IsHost ? command : Place.Cmdlet(command))}; {byHand}" : byHand;
        }

        string path = atFault?.PersistPath is { } file ? $" -Path {file}" : "";
        return Place.IsHost ? string.Join("; ", new[] { isNow ? command : null, atBoot ? $"{Place.Cmdlet(command)} -Persist{path}" : null }.OfType<string>())
            : Place.Cmdlet(command + (atBoot && Place.Persist.Length > 0 ? Place.Persist + path : ""));
    }

    private static string Unread(bool isPart, NodeSysctl sysctl) =>
        isPart ? BaselineMessages.SysctlNotRead(sysctl.Name) : BaselineMessages.SysctlsNotSaid;

    /// <summary>A file contradicts where one of its lines gives a sysctl of the baseline a value that does not satisfy, even if another line wins.</summary>
    private BaselineFinding File(Baseline baseline, BaselineRequirement requirement, List<string> keys)
    {
        var wrong = Contradictions(baseline, requirement, name => Explain(name, keys)).Cast<(SourceLine Line, BaselineRequirement Of, string Value)?>().FirstOrDefault();
        return Finding(baseline, requirement) with
        {
            LiveValue = wrong is null ? "agrees" : $"{wrong.Value.Of.Name} = {Printable.Text(wrong.Value.Value)}",
            IsLiveInDesiredState = wrong is null,
            Source = wrong?.Line,
            Cause = wrong is null ? null : BaselineMessages.LineContradicts(wrong.Value.Line, wrong.Value.Of.Name, Printable.Text(wrong.Value.Value), wrong.Value.Of.Expected),
            Remedy = wrong is null ? null : Place.On(Place.MachineCmdlet($"Remove-NodeSysctl -Name {wrong.Value.Of.Name} -Path {wrong.Value.Line.File}")),
        };
    }

    /// <summary>The lines of a file that give a sysctl of the baseline a value that does not satisfy.</summary>
    internal static IEnumerable<(SourceLine Line, BaselineRequirement Of, string Value)> Contradictions(
        Baseline baseline, BaselineRequirement requirement, Func<string, NodeSysctl> explain)
    {
        foreach (var sysctl in baseline.Requirements.Where(r => r.Kind == BaselineRequirementKind.Sysctl))
        {
            var explained = explain(sysctl.Name);
            var assignments = explained.Overridden.Select(o => (Line: (SourceLine?)o.Source, o.Value))
                .Append((explained.Source, explained.BootValue ?? "")).Append((explained.SystemSource, explained.SystemValue ?? ""));
            foreach (var (line, value) in assignments)
            {
                if (line is not null && FileSystemName.MatchesSimpleExpression(requirement.Name, line.File, ignoreCase: false) && !sysctl.Expected.IsSatisfiedBy(value))
                {
                    yield return (line, sysctl, value);
                }
            }
        }
    }

    private IEnumerable<BaselineFinding> Bridge(Baseline baseline, BaselineRequirement requirement)
    {
        if (!_hasBridges)
        {
            _hasBridges = true;
            _bridges = BridgeView.Read(_node.Links, BridgeNetfilterSwitches.Read(_node.Sysctls), _warn, _stop);
        }

        var matching = (_bridges ?? []).Where(b => FileSystemName.MatchesSimpleExpression(requirement.Name, b.Name, ignoreCase: false)).ToList();
        if (_bridges is null || matching.Count == 0)
        {
            // A pattern that nothing matches asks nothing; a bridge that is named must be there.
            bool isPattern = requirement.Name.AsSpan().IndexOfAny('*', '?') >= 0;
            if (_bridges is not null && isPattern)
            {
                yield break;
            }

            yield return Finding(baseline, requirement) with
            {
                IsLiveInDesiredState = _bridges is null ? null : false,
                IsUnknown = _bridges is null && _node.IsLive,
                Cause = _bridges is null ? BaselineMessages.BridgesNotSaid : BaselineMessages.NoSuchBridge(requirement.Name),
            };
            yield break;
        }

        foreach (var bridge in matching)
        {
            bool? state = requirement.Property switch
            {
                "callIptables" => bridge.IPv4Netfilter,
                "callIp6tables" => bridge.IPv6Netfilter,
                "callArptables" => bridge.ArpNetfilter,
                _ => bridge.Ports.Any(p => p.Hairpin is null) ? null : bridge.Ports.All(p => p.Hairpin == requirement.Expected.IsSatisfiedBy("on")) == requirement.Expected.IsSatisfiedBy("on"),
            };
            bool? satisfied = state is { } on ? requirement.Expected.IsSatisfiedBy(on ? "on" : "off") : null;
            yield return Finding(baseline, requirement) with
            {
                Name = bridge.Name,
                LiveValue = state is { } now ? now ? "on" : "off" : null,
                IsLiveInDesiredState = satisfied,
                IsUnknown = satisfied is null,
                Cause = satisfied is null ? BaselineMessages.PropertyUnknown(requirement.Property, bridge.Name) : satisfied == false ? BaselineMessages.PropertyIs(requirement.Property, bridge.Name, state == true ? "on" : "off") : null,
                Remedy = satisfied != false || !CommandPlace.IsWord(bridge.Name) ? null : Place.On(requirement.Property == "hairpin"
                    ? string.Join("; ", bridge.Ports.Where(p => p.Hairpin != requirement.Expected.IsSatisfiedBy("on") && CommandPlace.IsWord(p.Name)).Select(p => Place.Tool($"bridge link set dev {p.Name} hairpin {requirement.Expected}")).Take(3))
                    : Place.Tool($"ip link set {bridge.Name} type bridge nf_call_{requirement.Property![4..].ToLowerInvariant()} {(requirement.Expected.IsSatisfiedBy("on") ? 1 : 0)}")),
            };
        }
    }

    private BaselineFinding Chain(Baseline baseline, BaselineRequirement requirement)
    {
        // Each family by itself: the rules of one say nothing of the other's.
        var family = requirement.Family == "IPv6" ? IPFamily.IPv6 : IPFamily.IPv4;
        if (!_rules.TryGetValue(requirement.Family ?? "IPv4", out var rules))
        {
            rules = _node.Rulesets.Read(new RulesetQuery { Family = family, WithoutCounters = true, OnProblem = NoteUnread }, _stop);
            _rules[requirement.Family ?? "IPv4"] = rules;
        }

        var chains = (rules?.Tables ?? []).Where(t => t.Name == requirement.Property && t.Family == family)
            .Select(t => t.FindChain(requirement.Name)).OfType<NetfilterChain>().ToList();
        string? state = rules is null ? null : chains.Exists(ChainReach.IsReached) ? "reached" : _unread is not null ? null : chains.Count == 0 ? "missing" : "never reached";
        return Finding(baseline, requirement) with
        {
            LiveValue = state,
            IsLiveInDesiredState = state is null ? null : state == "reached",
            IsUnknown = state is null && _node.IsLive,
            Cause = state == "reached" || (state is null && !_node.IsLive) ? null
                : state is null ? BaselineMessages.NotKnown(Sentence(_unread ?? BaselineMessages.RulesNotRead))
                : state == "missing" ? BaselineMessages.NoSuchChain(requirement.Property, requirement.Name)
                : BaselineMessages.ChainNotReached(requirement.Name),
            Remedy = state is null or "reached" ? null : BaselineMessages.OwnerRestoresChain(Place.Look($"Get-NetfilterChain -Table {requirement.Property}"), requirement.Name),
        };
    }

    // What could not be read may hold the chain, or the jump to it.
    private void NoteUnread(NodeException problem)
    {
        _unread ??= $"{Sentence(problem.Message)}. {problem.RecommendedAction}".TrimEnd();
        _warn(problem.Message);
    }

    private string? _unread;

    private NodeSysctl Explain(string name, List<string> keys)
    {
        _sysctls ??= SysctlForecast.Of(_node.Sysctls, _node.Modules, KnowsValues ? [] : keys, _stop);
        string key = SysctlKey.Parse(name);
        return _sysctls.Explain(key, _sysctls.IsLive(key) ? _node.Sysctls.ReadValue(key) : null);
    }

    private bool KnowsModules => _knowsModules ??= _node.IsLive && _node.Modules.SupportsModules is not null;

    private bool KnowsValues => _knowsValues ??= _node.IsLive && _node.Sysctls.IsKnown;

    private bool? _knowsModules;
    private bool? _knowsValues;

    private static BaselineFinding Finding(Baseline baseline, BaselineRequirement requirement) => new()
    {
        Requirement = requirement,
        Baseline = baseline.Name,
        BaselinePath = baseline.Path,
        Kind = requirement.Kind,
        Name = requirement.Name,
        Property = requirement.Property,
        Family = requirement.Family,
        Expected = requirement.Expected.ToString(),
        Reason = requirement.Reason,
        Link = requirement.Link,
    };

    private static string Causes(string? now, string? boot) => string.Join("; ", new[] { now, boot }.OfType<string>());

    private static string Sentence(string text) => text.TrimEnd('.');

    private static string Word(ModuleState state) => state.ToString().ToLowerInvariant();
}
