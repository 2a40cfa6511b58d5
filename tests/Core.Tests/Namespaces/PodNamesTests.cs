using System.Text;
using K8sNetfilter.Configuration;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Tests.Namespaces;

public sealed class PodNamesTests
{
    private const string Uid = "0fd11a37-4c3b-4b57-8a05-3a6e8e0c1b11";
    private const string Other = "11111111-4c3b-4b57-8a05-3a6e8e0c1b11";
    private const string Static = "3b4b578a053a6e8e0c1b110fd11a374c";

    private sealed class Files : INodeFiles
    {
        public ConfigFile Read(string path) => path == $"/var/lib/kubelet/pods/{Other}/etc-hosts"
            ? new ConfigFile(path, Encoding.UTF8.GetBytes("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\nfe00::2\tip6-allrouters\n10.244.0.7\tweb-1\n\n# Entries added by HostAliases.\n1.2.3.4\tfoo\n"))
            : new ConfigFile(path, default) { Problem = "missing" };

        public IReadOnlyList<string> List(string folder) =>
            folder == "/var/log/pods" ? [".", "..", $"shop_cart-6d4cf56db6-x2x9p_{Uid}", $"kube-system_etcd-node1_{Static}", "a_b_c_d", "_x_" + Uid, "a\x1b_b_" + Other] : [];
    }

    [Theory]
    [InlineData(Uid, "shop/cart-6d4cf56db6-x2x9p")]
    [InlineData(Static, "kube-system/etcd-node1")]
    [InlineData(Other, "web-1")]
    [InlineData("../../../etc", null)]
    [InlineData("22222222-4c3b-4b57-8a05-3a6e8e0c1b11", null)]
    public void The_folder_of_a_pods_logs_has_its_name(string uid, string? name) => Assert.Equal(name, new PodNames(new Files()).Find(uid));

    [Fact]
    public void Only_a_pods_namespace_gets_one()
    {
        var names = new PodNames(new Files());
        Assert.Equal("shop/cart-6d4cf56db6-x2x9p", names.Name(new NetworkNamespaceInfo { Inode = 1, Path = "/proc/1/ns/net", PodUid = Uid }).PodName);
        Assert.Null(names.Name(new NetworkNamespaceInfo { Inode = 1, Path = "/proc/1/ns/net" }).PodName);
    }
}
