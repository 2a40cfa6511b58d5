using K8sNetfilter.Interop;

namespace K8sNetfilter.Modules;

/// <summary>Loads modules through libkmod, as systemd-modules-load(8) does.</summary>
internal sealed class KmodLoader : IModuleLoader
{
    /// <inheritdoc/>
    public int Load(string name, string parameters, out string? said)
    {
        said = null;
        int result = Kmod.Load(name, parameters);

        // The report found no blacklist a moment ago: one was written in between.
        return result == Kmod.Blacklisted ? Errno.EPERM : result;
    }

    /// <inheritdoc/>
    public int Unload(string name, out string? said)
    {
        said = null;
        return Kmod.Unload(name);
    }
}
