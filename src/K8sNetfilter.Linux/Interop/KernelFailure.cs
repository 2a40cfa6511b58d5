using K8sNetfilter.Errors;

namespace K8sNetfilter.Interop;

/// <summary>Turns an error number into a failure that says what happened, to what, and what to do next.</summary>
internal static class KernelFailure
{
    /// <summary>Makes the failure for <paramref name="errno"/>.</summary>
    /// <param name="errno">The kernel's error number, errno(3).</param>
    /// <param name="operation">What was tried, as the start of a sentence: <c>Writing the sysctl</c>.</param>
    /// <param name="subject">The path, key or object.</param>
    /// <param name="capability">The capability that the operation needs, capabilities(7); CAP_SYS_ADMIN where none is named.</param>
    public static NodeException From(int errno, string operation, string subject, string capability = "CAP_SYS_ADMIN")
    {
        (string id, NodeErrorCategory category) = errno switch
        {
            Errno.EPERM or Errno.EACCES => (nameof(Messages.NotPermitted), NodeErrorCategory.PermissionDenied),
            Errno.ENOENT => (nameof(Messages.NotThere), NodeErrorCategory.NotFound),
            Errno.EROFS => (nameof(Messages.ReadOnly), NodeErrorCategory.ResourceUnavailable),
            Errno.ENOSPC or Errno.EDQUOT => (nameof(Messages.DeviceFull), NodeErrorCategory.ResourceUnavailable),
            _ => (nameof(Messages.KernelRefused), NodeErrorCategory.ResourceUnavailable),
        };
        var failure = NodeException.Create(
            Messages.ResourceManager, id, category, operation, subject, Errno.Describe(errno), errno, capability);
        failure.Errno = errno;
        failure.Subject = subject;
        return failure;
    }
}
