using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>A kernel parameter: what it is now, what it will be after the next boot, and which line decides that.</summary>
public sealed class NodeSysctl
{
    /// <summary>The dotted name, e.g. <c>net.ipv4.ip_forward</c>; a dot inside a name is written as a slash (<c>net.ipv4.conf.eth0/100.forwarding</c>).</summary>
    public required string Name { get; init; }

    /// <summary>The value now, as the kernel prints it; null where the key is not there, can't be read, or no running kernel is asked.</summary>
    public string? Value { get; init; }

    /// <summary>
    /// The value that systemd-sysctl(8) leaves at the next boot; null where no file has a say, which leaves the kernel's own default
    /// or what a program sets later.
    /// </summary>
    public string? BootValue { get; init; }

    /// <summary>The value after <c>sysctl --system</c> of procps, which reads more files in another order; null where no file has a say.</summary>
    public string? SystemValue { get; init; }

    /// <summary>The line that decides <see cref="BootValue"/>.</summary>
    public SourceLine? Source { get; init; }

    /// <summary>The line that decides <see cref="SystemValue"/>.</summary>
    public SourceLine? SystemSource { get; init; }

    /// <summary>The assignments to this key that do not decide the value after the boot.</summary>
    public OverriddenSysctl[] Overridden { get; init; } = [];

    /// <summary>True where the value now and the one after the boot are known and differ.</summary>
    public bool IsDrifted { get; init; }

    /// <summary>Why the value after the boot is what it is, in a sentence.</summary>
    public required string Reason { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
