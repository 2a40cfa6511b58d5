namespace K8sNetfilter.Modules;

/// <summary>Where a kernel module is between a file on the disk and a part of the running kernel.</summary>
public enum ModuleState : long
{
    /// <summary>There is no such module for this kernel: neither built in nor a file below /lib/modules.</summary>
    Missing,

    /// <summary>Its file is there and nothing blocks it: it can be loaded.</summary>
    Available,

    /// <summary>Its file is there, but a blacklist, an install command, an alias or the kernel command line keeps it from being loaded.</summary>
    Blocked,

    /// <summary>The kernel is starting it now.</summary>
    Loading,

    /// <summary>It is part of the running kernel and can be unloaded.</summary>
    Loaded,

    /// <summary>The kernel is taking it out now.</summary>
    Unloading,

    /// <summary>It was compiled into the kernel: always there, never loaded, never unloaded.</summary>
    BuiltIn,

    /// <summary>Not known: a file that would tell is not there to be read (<see cref="KernelModule.Reason"/> names it).</summary>
    Unknown,
}
