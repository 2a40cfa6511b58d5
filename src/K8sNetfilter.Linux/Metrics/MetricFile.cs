using K8sNetfilter.IO;

namespace K8sNetfilter.Metrics;

/// <summary>Writes a metrics file whole or not at all: a collector may read it at any moment.</summary>
public static class MetricFile
{
    /// <summary>Replaces the file atomically; makes it where it is missing.</summary>
    /// <exception cref="Errors.NodeException">The kernel refused; the old file is still there.</exception>
    public static void Write(string path, byte[] content, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        new AtomicFile(KernelRoot.Live).Edit(path, _ => content);
    }
}
