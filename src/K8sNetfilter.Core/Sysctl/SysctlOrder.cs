namespace K8sNetfilter.Sysctl;

/// <summary>Whose order a set of sysctl.d files is applied in.</summary>
public enum SysctlOrder
{
    /// <summary>systemd-sysctl(8), which runs at boot.</summary>
    Systemd,

    /// <summary><c>sysctl --system</c> of procps, sysctl(8), which people and packages run.</summary>
    Procps,
}
