using K8sNetfilter.Services;

namespace K8sNetfilter.Tests.Services;

public sealed class KubeProxyChainTests
{
    // The names stand in kube-proxy's own tests and logs.
    [Fact]
    public void The_hashes_are_kube_proxys_own()
    {
        Assert.Equal("XPGD46QRK7WJZT7O", KubeProxyChain.Hash("ns1/svc1:p80", "TCP"));
        Assert.Equal("SXIVWICOYRO3J4NJ", KubeProxyChain.EndpointHash("ns1/svc1:p80", "tcp", "10.180.0.1:80"));
        // Every cluster has these two.
        Assert.Equal("NPX46M4PTMTKRN6Y", KubeProxyChain.Hash("default/kubernetes:https", "tcp"));
        Assert.Equal("TCOU7JCQXEZGVUNU", KubeProxyChain.Hash("kube-system/kube-dns:dns", "udp"));
    }

    [Theory]
    [InlineData("KUBE-SVC-NPX46M4PTMTKRN6Y", "NPX46M4PTMTKRN6Y")]
    [InlineData("KUBE-FW-NPX46M4PTMTKRN6Y", "NPX46M4PTMTKRN6Y")]
    [InlineData("KUBE-SERVICES", null)]
    [InlineData("KUBE-SVC-SHORT", null)]
    [InlineData("", null)]
    public void A_chains_hash_is_the_end_of_its_name(string chain, string? hash) => Assert.Equal(hash, KubeProxyChain.HashOf(chain));
}
