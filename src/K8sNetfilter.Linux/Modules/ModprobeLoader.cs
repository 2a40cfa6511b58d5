using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Processes;
using K8sNetfilter.Text;

namespace K8sNetfilter.Modules;

/// <summary>
/// Loads modules with modprobe(8), where a node has no libkmod; takes them out with rmmod(8), which touches only the one named.
/// </summary>
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
        string path = ToolProcess.Find(tool)
            ?? throw NodeException.Create(Messages.ResourceManager, nameof(Messages.ModuleToolsMissing), NodeErrorCategory.NotSupported,
                tool);
        using var process = ToolProcess.Start(path, arguments, CancellationToken.None);
        Span<byte> output = stackalloc byte[512];
        while (process.Read(output) > 0)
        {
            // What modprobe prints there says nothing that its status does not.
        }

        int status = process.WaitForExit();
        string line = said = Printable.Text(process.ErrorText.Trim(), LongestMessage);
        if (status == 0)
        {
            return 0;
        }

        return Array.Find(Known, errno => line.EndsWith(Errno.Describe(errno), StringComparison.Ordinal)) is not 0 and var found
            ? found : -1;
    }
}
