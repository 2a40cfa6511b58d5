using K8sNetfilter.IO;

namespace K8sNetfilter.Tests;

internal sealed partial class TemporaryRoot
{
    public KernelRoot Root => new(Path);
}
