using K8sNetfilter.Configuration;

namespace K8sNetfilter.Tests.Configuration;

public sealed class ConfigOrderTests
{
    [Fact]
    public void A_file_replaces_its_namesakes_in_later_directories_and_the_rest_sorts_by_name()
    {
        var order = ConfigOrder.Merge([new("/etc/sysctl.d", ["90-b.conf", "10-a.conf", "README"]), new("/run/sysctl.d", []), new("/usr/lib/sysctl.d", ["10-a.conf", "50-c.conf"])], ".conf");
        Assert.Equal(["/etc/sysctl.d/10-a.conf", "/usr/lib/sysctl.d/50-c.conf", "/etc/sysctl.d/90-b.conf"], order.Files);
        Assert.Equal([new ReplacedFile("/usr/lib/sysctl.d/10-a.conf", "/etc/sysctl.d/10-a.conf")], order.Replaced);
    }

    [Fact]
    public void Hidden_names_count_only_where_the_tool_takes_them()
    {
        ConfigDirectory[] directories = [new("/etc/sysctl.d", [".a.conf", ".conf", ".", ".."])];
        Assert.Empty(ConfigOrder.Merge(directories, ".conf").Files);
        Assert.Equal(["/etc/sysctl.d/.a.conf", "/etc/sysctl.d/.conf"], ConfigOrder.Merge(directories, ".conf", withHidden: true).Files);
    }

    [Fact]
    public void Names_sort_by_their_bytes_as_strcmp_sorts_them()
    {
        // U+FF5E is above U+1F600 in UTF-16, below it in UTF-8.
        var order = ConfigOrder.Merge([new("/d", ["😀.conf", "～.conf", "B.conf", "a.conf", "9.conf"])], ".conf");
        Assert.Equal(["/d/9.conf", "/d/B.conf", "/d/a.conf", "/d/～.conf", "/d/😀.conf"], order.Files);
    }
}
