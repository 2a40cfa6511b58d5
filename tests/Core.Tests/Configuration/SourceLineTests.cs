using K8sNetfilter.Configuration;

namespace K8sNetfilter.Tests.Configuration;

public sealed class SourceLineTests
{
    [Fact]
    public void It_prints_as_file_and_line() => Assert.Equal("/etc/sysctl.d/k8s.conf:3", new SourceLine("/etc/sysctl.d/k8s.conf", 3).ToString());

    [Fact]
    public void A_whole_file_prints_without_a_line() => Assert.Equal("/proc/cmdline", new SourceLine("/proc/cmdline", 0).ToString());
}
