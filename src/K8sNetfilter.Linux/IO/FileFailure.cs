using System.Globalization;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Files;
using K8sNetfilter.Text;

namespace K8sNetfilter.IO;

/// <summary>
/// Turns the kernel's refusal of something that was done to a file into a failure whose advice fits the reason: a right does not help
/// against an attribute.
/// </summary>
internal static class FileFailure
{
    /// <summary>Makes the failure for <paramref name="errno"/>.</summary>
    /// <param name="root">The node's root.</param>
    /// <param name="errno">The kernel's error number, errno(3).</param>
    /// <param name="operation">What was tried, as the start of a sentence.</param>
    /// <param name="nodePath">The file, as the node names it.</param>
    /// <param name="capability">The capability that the operation needs where permissions are in its way.</param>
    public static NodeException From(KernelRoot root, int errno, string operation, string nodePath, string capability = "CAP_DAC_OVERRIDE")
    {
        var failure = KernelFailure.From(errno, operation, Printable.Text(nodePath), capability);
        string? action = errno switch
        {
            Errno.EPERM when FindImmutable(root, nodePath) is { } held => Format(Messages.FileImmutable_Action, Printable.Text(held)),
            Errno.EPERM or Errno.EACCES when UserNamespaces.IsOwn => Messages.FileOfHost_Action,
            Errno.EROFS => Format(Messages.FileReadOnly_Action, Printable.Text(nodePath)),
            Errno.ENOTDIR => Format(Messages.FileBelowFile_Action, Printable.Text(nodePath)),
            Errno.EISDIR => Format(Messages.FileIsFolder_Action, Printable.Text(nodePath)),
            _ => null,
        };
        return action is null ? failure
            : new NodeException(failure.ErrorId, failure.Category, failure.Message, action) { Errno = errno, Subject = nodePath };
    }

    /// <summary>Makes the failure for a kernel parameter that could not be written.</summary>
    /// <param name="errno">The kernel's error number.</param>
    /// <param name="name">The parameter.</param>
    /// <param name="isOfNetwork">Whether it is one of the network namespace (net/sysctl_net.c); the others are the host's.</param>
    public static NodeException OfParameter(int errno, string name, bool isOfNetwork)
    {
        var failure = KernelFailure.From(errno, Messages.Operation_WriteSysctl, name, isOfNetwork ? "CAP_NET_ADMIN" : "CAP_SYS_ADMIN");
        return errno is Errno.EPERM or Errno.EACCES && !isOfNetwork && UserNamespaces.IsOwn
            ? new NodeException(failure.ErrorId, failure.Category, failure.Message, Messages.SysctlOfHost_Action) { Errno = errno,
            Subject = name } : failure;
    }

    /// <summary>
    /// The file itself, or the nearest folder above it that is there, where it has the attribute that keeps it from being changed
    /// (chattr(1)).
    /// </summary>
    private static string? FindImmutable(KernelRoot root, string nodePath)
    {
        for (string path = nodePath; path.Length > 0; path = path[..Math.Max(0, path.LastIndexOf('/'))])
        {
            if (Statx.OfLink(root.Resolve(path), out var status) == 0)
            {
                if (status.IsImmutable)
                {
                    return path;
                }

                if (path != nodePath)
                {
                    return null;
                }
            }
        }

        return null;
    }

    private static string Format(string text, string path) => string.Format(CultureInfo.InvariantCulture, text, path);
}
