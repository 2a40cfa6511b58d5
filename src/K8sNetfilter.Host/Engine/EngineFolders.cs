using System.Management.Automation;
using System.Runtime.CompilerServices;
using K8sNetfilter.Host.Interop;
using K8sNetfilter.IO;

namespace K8sNetfilter.Host.Engine;

/// <summary>
/// Keeps the engine from making folders on the node, and from taking modules from folders that somebody else can write to. The engine makes
/// folders for a cache and for the user's modules in HOME, or without HOME a folder with a guessable place in /tmp, and looks for modules
/// there first: as root that would be another user's code.
/// </summary>
internal static class EngineFolders
{
    private const string ModulePath = "PSModulePath";
    private const string SystemModules = "/usr/share";

    // Where the kernel itself lets nobody make a folder (EPERM; as another user EACCES): then the engine goes without.
    private static readonly string[] Unmakeable = ["/dev/pts", "/sys"];

    /// <summary>To be called before the engine is used: it looks for its folders once.</summary>
    public static void Prepare()
    {
        // Where the engine would keep what it found in modules. There is no such place, and that is no error to it.
        Environment.SetEnvironmentVariable("PSModuleAnalysisCachePath", "/dev/null/none");
        if (!OperatingSystem.IsLinux() || Array.Find(Unmakeable, folder => Libc.CannotMakeFolder(folder + "/powershell")) is not { } nowhere)
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("HOME") is null)
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            Environment.SetEnvironmentVariable("HOME", home.Length > 0 ? home : "/");
        }

        With("XDG_CACHE_HOME", nowhere, () => With("TMPDIR", nowhere, () => RuntimeHelpers.RunClassConstructor(typeof(Platform).TypeHandle)));
    }

    /// <summary>Opens a session: the folders of modules that it has are those that are trusted.</summary>
    public static void Open(Action open)
    {
        if (!OperatingSystem.IsLinux())
        {
            open();
            return;
        }

        With("XDG_DATA_HOME", SystemModules, open);
        uint user = Libc.EffectiveUser();
        string[] folders = (Environment.GetEnvironmentVariable(ModulePath) ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        Environment.SetEnvironmentVariable(ModulePath, string.Join(':', folders.Where(folder => TrustedFolder.IsTrusted(folder, user)).Distinct()));
    }

    // What this program starts later shall see what its user has set.
    private static void With(string variable, string value, Action act)
    {
        string? before = Environment.GetEnvironmentVariable(variable);
        Environment.SetEnvironmentVariable(variable, value);
        try
        {
            act();
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, before);
        }
    }
}
