namespace K8sNetfilter.Modules;

/// <summary>What the next boot does with a module.</summary>
public enum BootOutcome
{
    /// <summary>It is loaded.</summary>
    Loads,

    /// <summary>It is compiled in, so there is nothing to load.</summary>
    BuiltIn,

    /// <summary>An install command runs in its place, or in that of a module that it needs; what that does can't be known.</summary>
    CommandDecides,

    /// <summary>A blacklist line keeps systemd-modules-load(8) from loading it.</summary>
    Blacklisted,

    /// <summary>An install command that loads nothing runs in its place.</summary>
    InstallCommand,

    /// <summary>The kernel itself refuses it, by <c>module_blacklist=</c> or <c>nomodule</c>.</summary>
    KernelRefuses,

    /// <summary>An alias of modprobe.d leads the name to a module that is not there, such as <c>off</c>.</summary>
    AliasLeadsNowhere,

    /// <summary>A module that it needs does not load.</summary>
    DependencyFails,

    /// <summary>There is no such module for this kernel.</summary>
    Missing,
}
