using K8sNetfilter.Configuration;
using K8sNetfilter.Text;

namespace K8sNetfilter.Sysctl;

/// <content>What is said of a key: the values, what may change them later, and why.</content>
public sealed partial class SysctlForecast
{
    private readonly LaterSysctls _later;
    private readonly Dictionary<SysctlAssignment, LaterSysctl> _laterByLine = new(ReferenceEqualityComparer.Instance);

    /// <summary>What sets parameters after the boot's files.</summary>
    public LaterSysctls Later => _later;

    /// <summary>True where the running kernel is known not to have a key.</summary>
    public bool Lacks(string path) => _live is not null && !_live.Contains(path) && _source.Knows(path);

    /// <summary>Explains a key.</summary>
    /// <param name="path">The path below /proc/sys.</param>
    /// <param name="value">Its value now, where it is known.</param>
    public NodeSysctl Explain(string path, string? value)
    {
        var boot = _boot[path];
        var system = _system[path];
        bool isKnown = _later.Elsewhere is null && (boot is not null || (_source.UnreadFolder is null && ModuleInDoubt(path) is null));
        string? atBoot = !isKnown ? null : boot?.Value ?? Start(path);
        var may = MayWrite(path, atBoot);
        var (persistPath, byHand) = SysctlPersistence.Of(SysctlKey.ToName(path), boot, boot is null ? null : _laterByLine.GetValueOrDefault(boot.By));
        return new NodeSysctl
        {
            Name = SysctlKey.ToName(path),
            Value = value,
            BootValue = atBoot,
            IsBootValueKnown = isKnown,
            SystemValue = system?.Value,
            Source = boot?.By.Source,
            SystemSource = system?.By.Source,
            PersistPath = persistPath,
            ChangeByHand = byHand,
            Overridden = Losers(path, boot),
            IsDrifted = value is not null && atBoot is not null && !KernelValue.Same(value, atBoot)
                && !may.Exists(w => w.Value is null || KernelValue.Same(value, w.Value)),
            LaterWriters = may.Count == 0 ? [] : [.. may.Select(w => w.Program).Distinct(StringComparer.Ordinal)],
            MayBecome = may.Count == 0 ? [] : [.. may.Where(w => !w.IsOnlyNamed).Select(w => w.Value)],
            Reason = may.Count == 0 ? Reason(path, boot, isKnown) : string.Join(' ', may.Select(Say).Distinct(StringComparer.Ordinal).Prepend(Reason(path, boot, isKnown))),
        };
    }

    /// <summary>The module that a key's first value comes with, where nobody knows whether it is there; null for any other key.</summary>
    private string? ModuleInDoubt(string path) =>
        SysctlStart.Of(path) is not null && SysctlModule.For(path) is { } module && _isThereEarly(module) is null ? module : null;

    /// <summary>The value that the kernel starts a key with, where the key is there at the next boot.</summary>
    private string? Start(string path) => SysctlStart.Of(path) switch
    {
        null => null,
        var start when SysctlModule.For(path) is { } module => _isThereEarly(module) == true ? start : null,
        var start => Lacks(path) ? null : start,
    };

    /// <summary>What may give the key another value than the boot's files.</summary>
    private List<LaterSysctl> MayWrite(string path, string? atBoot) =>
        _later.Writers.Count == 0 ? [] : [.. _later.Writers.Where(w => !w.IsCertain && w.IsAbout(path) && (w.Value is null || atBoot is null || !KernelValue.Same(w.Value, atBoot)))];

    /// <summary>Applies what programs are known to set after systemd-sysctl.</summary>
    private void WriteLater()
    {
        foreach (var writer in _later.Writers.Where(w => w is { IsCertain: true, Value: not null, Source: not null }))
        {
            bool isKept = writer.LeavesFiles && _boot[writer.Path]?.By.Source.File is { } file
                && (file.StartsWith("/etc/sysctl", StringComparison.Ordinal) || file.StartsWith("/run/sysctl", StringComparison.Ordinal));
            if (isKept || IsThere(writer.Path) != Presence.There)
            {
                continue;
            }

            var line = new SysctlAssignment(writer.Path, writer.Value, writer.Source!);
            _laterByLine[line] = writer;
            _boot.Write(writer.Path, writer.Value!, line, onlyChanges: true);
        }
    }

    private string Reason(string path, SysctlDecision? boot, bool isKnown)
    {
        if (_later.Elsewhere is { } system)
        {
            return Text(Messages.SysctlReason_Elsewhere, system);
        }

        if (boot is not null)
        {
            string reason = boot.Through is not null ? Text(Messages.SysctlReason_Through, boot.By.Source, SysctlKey.ToName(boot.Through))
                : _laterByLine.TryGetValue(boot.By, out var writer) ? Text(Messages.SysctlReason_Later, boot.By.Source, writer.Program)
                : Text(boot.By.IsPattern ? Messages.SysctlReason_Pattern : Messages.SysctlReason_Set, boot.By.Source);
            return IsThere(path) == Presence.NoModule && _later.AppliedAgainBy(path) is { } rule
                ? $"{reason} {Text(Messages.SysctlReason_Again, rule, SysctlModule.For(path))}" : reason;
        }

        if (_candidates.TryGetValue(path, out var list) && list.FindLast(c => c.Reason is null) is { } candidate && Obstacle(path, candidate) is { } obstacle)
        {
            return Text(Messages.SysctlReason_NoEffect, candidate.Line.Source, obstacle);
        }

        return !isKnown ? _source.UnreadFolder is { } folder ? Text(Messages.SysctlReason_Unread, folder)
                : Text(Messages.SysctlReason_Doubt, ModuleInDoubt(path), SysctlStart.Of(path))
            : MissingModule(path) is { } module ? Text(Messages.SysctlReason_NoModule, module)
            : Start(path) is { } start ? Text(Messages.SysctlReason_Start, start) : Messages.SysctlReason_Default;
    }

    private static string Say(LaterSysctl writer)
    {
        string program = Printable.Text(writer.Program);
        return writer.Source is { } source
            ? Text(writer.Value is null ? Messages.SysctlReason_LineMay : Messages.SysctlReason_LineMayTo, source, program, writer.Value)
            : Text(writer.Value is null ? Messages.SysctlReason_May : Messages.SysctlReason_MayTo, program, writer.Value);
    }
}
