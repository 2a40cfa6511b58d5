using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

public sealed class InstallCommandTests
{
    [Theory]
    [InlineData("/bin/true", true)]
    [InlineData("/bin/false", false)]
    [InlineData("  /usr/bin/false # CIS 1.1.1", false)]
    [InlineData("exec false", false)]
    [InlineData(":", true)]
    [InlineData("exit 0", true)]
    [InlineData("exit 3", false)]
    [InlineData("echo no", true)]
    [InlineData(":\r", false)]
    [InlineData("/bin/true || modprobe -i x", null)]
    [InlineData("/sbin/modprobe -i x", null)]
    [InlineData("/opt/bin/true", null)]
    [InlineData("$(cat /etc/x)", null)]
    [InlineData("exec", null)]
    [InlineData("", null)]
    public void Only_what_certainly_loads_nothing_counts_as_that(string command, bool? success) =>
        Assert.Equal(success, InstallCommand.EndsWithoutLoading(command));
}
