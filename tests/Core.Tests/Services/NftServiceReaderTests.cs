using System.Text;
using K8sNetfilter.Errors;
using K8sNetfilter.Services;

namespace K8sNetfilter.Tests.Services;

public sealed class NftServiceReaderTests
{
    private static IReadOnlyList<NodeService> Read(params string[] items) =>
        NftServiceReader.Read(Encoding.UTF8.GetBytes($"{{\"nftables\":[{string.Join(',', items)}]}}"), "nft.json");

    private static string Map(string name, string elements) =>
        """{"map":{"family":"ip","table":"kube-proxy","map":"verdict","name":""" + $"\"{name}\",\"elem\":[{elements}]}}}}";

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"nftables\":{}}")]
    [InlineData("{\"nftables\":[")]
    public void What_nft_did_not_print_is_an_error(string text)
    {
        var failure = Assert.Throws<NodeException>(() => NftServiceReader.Read(Encoding.UTF8.GetBytes(text), "/tmp/nft.json"));
        Assert.Equal("ServiceTableInvalid", failure.ErrorId);
        Assert.StartsWith("/tmp/nft.json is no output of nft -j: ", failure.Message);
    }

    // Found by fuzzing.
    [Fact]
    public void A_string_that_is_no_UTF8_is_an_error() =>
        Assert.Equal("ServiceTableInvalid", Assert.Throws<NodeException>(() => NftServiceReader.Read(
            Encoding.Latin1.GetBytes("{\"nftables\":[{\"set\":{\"table\":\"kube-proxy\",\"family\":\"ip\",\"name\":\"a\u00ff\"}}]}"), "nft.json")).ErrorId);

    [Fact]
    public void An_entry_that_is_no_object_is_an_error_with_its_place()
    {
        var failure = Assert.Throws<NodeException>(() => Read("""{"map":7}""", "7"));
        Assert.Equal("ServiceTableInvalid", failure.ErrorId);
        Assert.Contains("entry 2 of \"nftables\" is not an object", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Elements_of_another_shape_are_passed_by()
    {
        Assert.Empty(Read(
            """{"map":7}""", """{"rule":{"family":"ip","table":"kube-proxy","chain":"c","expr":7}}""",
            Map("service-ips", """7,[],[{"concat":["x","tcp",80]},{"goto":{"target":"a"}}],[{"concat":["10.0.0.1","tcp",70000]},{"goto":{"target":"a"}}],[{"concat":["10.0.0.1","tcp",80]},{"drop":null}],[{"concat":[]},{"goto":{"target":"a"}}]"""),
            """{"map":{"family":"ip","table":"other","name":"service-ips","elem":[[{"concat":["10.0.0.1","tcp",80]},{"goto":{"target":"a"}}]]}}""",
            """{"map":{"family":"inet","table":"kube-proxy","name":"service-ips","elem":[[{"concat":["10.0.0.1","tcp",80]},{"goto":{"target":"a"}}]]}}"""));
    }

    [Fact]
    public void Chains_that_lead_to_each_other_end()
    {
        var service = Assert.Single(Read(
            Map("service-ips", """[{"concat":["10.0.0.1",6,80]},{"goto":{"target":"external-A-b/c/tcp/"}}]"""),
            """{"rule":{"family":"ip","table":"kube-proxy","chain":"external-A-b/c/tcp/","expr":[{"goto":{"target":"service-x"}}]}}""",
            """{"rule":{"family":"ip","table":"kube-proxy","chain":"service-x","expr":[{"jump":{"target":"external-A-b/c/tcp/"}}]}}"""));
        Assert.Equal(("b/c", "tcp", 0), (service.FullName, service.Protocol, service.Endpoints.Length));
    }

    [Fact]
    public void A_service_that_only_local_endpoints_serve_is_dropped_where_there_are_none()
    {
        var service = Assert.Single(Read(Map("no-endpoint-nodeports", """[{"elem":{"val":{"concat":["udp",30053]},"comment":"shop/dns:dns"}},{"drop":null}]""")));
        Assert.Equal(("shop/dns:dns", NodeServiceType.NodePort, "DROP", true), (service.FullName, service.Type, service.Refusal, service.IsLocalOnly));
    }
}
