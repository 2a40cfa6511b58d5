using System.Runtime.InteropServices;
using K8sNetfilter.Errors;

namespace K8sNetfilter.IO;

/// <summary>Whether there is a Linux kernel to ask.</summary>
internal static class LiveKernel
{
    /// <summary>Whether this machine runs Linux. A test can say that it does not.</summary>
    internal static bool IsThere { get; set; } = OperatingSystem.IsLinux();

    /// <summary>Fails where the machine does not run Linux.</summary>
    /// <param name="operation">What was tried, as the start of a sentence.</param>
    /// <exception cref="NodeException"><c>NotLinux</c>.</exception>
    public static void Require(string operation)
    {
        if (!IsThere)
        {
            throw NodeException.Create(
                Messages.ResourceManager, nameof(Messages.NotLinux), NodeErrorCategory.NotSupported, operation,
                RuntimeInformation.OSDescription);
        }
    }
}
