using System.ComponentModel;
using System.Diagnostics;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;

namespace K8sNetfilter.Modules;

/// <summary>Loads modules with modprobe(8), where a node has no libkmod; takes them out with rmmod(8), which touches only the one named.</summary>
internal sealed class ModprobeLoader : IModuleLoader
{
    private const int LongestMessage = 2000;

    private static readonly int[] Known =
    [
        Errno.EPERM, Errno.ENOENT, Errno.ENOEXEC, Errno.ENOMEM, Errno.EBUSY, Errno.EEXIST, Errno.ENODEV, Errno.EINVAL, Errno.ENOSYS,
        Errno.EBADMSG, Errno.ENOKEY, Errno.EKEYREJECTED, Errno.EAGAIN,
    ];

    /// <inheritdoc/>
    public int Load(string name, string parameters, out string? said) =>
        Run("modprobe", ["-b", "--", name, .. ModuleParameters.Split(parameters)], out said);

    /// <inheritdoc/>
    public int Unload(string name, out string? said) => Run("rmmod", [name], out said);

    private static int Run(string tool, string[] arguments, out string? said)
    {
        var start = new ProcessStartInfo(Find(tool), arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["LC_ALL"] = "C";
        try
        {
            using var process = Process.Start(start)!;
            _ = process.StandardOutput.ReadToEndAsync();
            string text = process.StandardError.ReadToEnd();
            process.WaitForExit();
            said = Printable.Text(text.Trim(), LongestMessage);
            if (process.ExitCode == 0)
            {
                return 0;
            }

            string line = said;
            return Array.Find(Known, errno => line.EndsWith(Errno.Describe(errno), StringComparison.Ordinal)) is not 0 and var found ? found : -1;
        }
        catch (Win32Exception)
        {
            throw NodeException.Create(Messages.ResourceManager, nameof(Messages.ModuleToolsMissing), NodeErrorCategory.NotSupported, tool);
        }
    }

    // A service or a container often has no /sbin in its PATH.
    private static string Find(string tool) => Array.Find([$"/usr/sbin/{tool}", $"/sbin/{tool}", $"/usr/bin/{tool}", $"/bin/{tool}"], File.Exists) ?? tool;
}
