namespace K8sNetfilter.Modules;

/// <summary>The commands of modprobe.d(5) that libkmod knows.</summary>
public enum ModprobeRuleKind
{
    /// <summary>A further name, with wildcards, for a module.</summary>
    Alias,

    /// <summary>A module whose own aliases are ignored, and that systemd-modules-load(8) does not load.</summary>
    Blacklist,

    /// <summary>Parameters that a module is loaded with.</summary>
    Options,

    /// <summary>A command that runs in place of loading.</summary>
    Install,

    /// <summary>A command that runs in place of unloading.</summary>
    Remove,

    /// <summary>Modules that are loaded before and after, as far as they are there.</summary>
    SoftDependency,
}
