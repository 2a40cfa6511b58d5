using K8sNetfilter.Configuration;
using K8sNetfilter.Text;

namespace K8sNetfilter.Sysctl;

/// <summary>A kernel parameter: what it is now, what it will be after the next boot, and which line decides that.</summary>
public sealed class NodeSysctl
{
    /// <summary>The dotted name, e.g. <c>net.ipv4.ip_forward</c>; a dot inside a name is written as a slash (<c>net.ipv4.conf.eth0/100.forwarding</c>).</summary>
    public required string Name { get; init; }

    /// <summary>The value now, as the kernel prints it; null where the key is not there, can't be read, or no running kernel is asked.</summary>
    public string? Value { get; init; }

    /// <summary>
    /// The value after the next boot: what systemd-sysctl(8) and the programs after it leave as far as files tell, or what the kernel starts with where
    /// no file has a say (<see cref="Source"/> is null then). Null where neither is known.
    /// </summary>
    public string? BootValue { get; init; }

    /// <summary>
    /// False where the files that decide the value after the boot were not read (a snapshot without them), or the node has none (Talos). Where it is
    /// true and <see cref="BootValue"/> is null, no file sets the key, or the key is not there at boot.
    /// </summary>
    public bool IsBootValueKnown { get; init; } = true;

    /// <summary>Programs that are enabled and may give the key another value after the boot.</summary>
    public ValueList<string> LaterWriters { get; init; } = [];

    /// <summary>The values that these programs may set; a null is one that is not known.</summary>
    internal string?[] MayBecome { get; init; } = [];

    /// <summary>The value after <c>sysctl --system</c> of procps, which reads more files in another order; null where no file has a say.</summary>
    public string? SystemValue { get; init; }

    /// <summary>The line that decides <see cref="BootValue"/>.</summary>
    public SourceLine? Source { get; init; }

    /// <summary>The line that decides <see cref="SystemValue"/>.</summary>
    public SourceLine? SystemSource { get; init; }

    /// <summary>The -Path with which Set-NodeSysctl -Persist decides the value after the boot; null for its default file.</summary>
    internal string? PersistPath { get; init; }

    /// <summary>What to change by hand, since no line of Set-NodeSysctl would decide the value after the boot; null if one would.</summary>
    internal string? ChangeByHand { get; init; }

    /// <summary>The assignments to this key that do not decide the value after the boot.</summary>
    public ValueList<OverriddenSysctl> Overridden { get; init; } = [];

    /// <summary>True where the value now and the one after the boot are known and differ, and no program that is enabled sets the one that is there now.</summary>
    public bool IsDrifted { get; init; }

    /// <summary>Why the value after the boot is what it is, in a sentence.</summary>
    public required string Reason { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
