using System.Globalization;
using K8sNetfilter.Configuration;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop;
using K8sNetfilter.Text;

namespace K8sNetfilter.Sysctl;

/// <summary>What can go wrong with a change of a kernel parameter, as errors with what to do next.</summary>
internal static class SysctlFailures
{
    public static NodeException ReadOnly(string name) => Failure(nameof(Messages.SysctlReadOnly), NodeErrorCategory.NotSupported, name);

    public static NodeException WriteFailure(string path, string value, int errno)
    {
        string name = SysctlKey.ToName(path);
        if (errno is Errno.EINVAL or Errno.ERANGE or Errno.ENOENT)
        {
            var refused = Failure(nameof(Messages.SysctlRefused), NodeErrorCategory.InvalidArgument, name, Shown(value),
                Errno.Describe(errno));
            refused.Errno = errno;
            return refused;
        }

        // /proc/sys/net asks for CAP_NET_ADMIN (net/sysctl_net.c), the rest for the file's owner.
        return FileFailure.OfParameter(errno, name, path.StartsWith("net/", StringComparison.Ordinal));
    }

    public static NodeException PersistFailed(SysctlChange plan, NodeException why, bool wasLive, string? left, bool isUndone)
    {
        string live = !wasLive ? Messages.SysctlLiveUntouched : left ?? Say(Messages.SysctlUndone, Shown(plan.OldValue));
        string files = isUndone ? "" : " " + Messages.SysctlFilesNotUndone;
        string message = Say(Messages.SysctlPersistFailed, plan.Name, why.Message, live) + files;
        return new NodeException(nameof(Messages.SysctlPersistFailed), why.Category, message, why.RecommendedAction,
            why) { Subject = plan.Name, Errno = why.Errno };
    }

    public static NodeException Failure(string id, NodeErrorCategory category, params object?[] arguments)
    {
        var failure = NodeException.Create(Messages.ResourceManager, id, category, arguments);
        failure.Subject = arguments[0] as string;
        return failure;
    }

    public static string Shown(string? value) => value is null ? Messages.SysctlUnreadable : Printable.Text(value.Replace('\t', ' '), 100);

    public static string Say(string message, params object?[] arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = arguments[i] is string text ? Printable.Text(text.Replace('\t', ' '), 500) : arguments[i] is SourceLine line
                ? Printable.Text(line.ToString()) : arguments[i];
        }

        return string.Format(CultureInfo.InvariantCulture, message, arguments);
    }
}
