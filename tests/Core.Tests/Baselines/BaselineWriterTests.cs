using System.Text;
using K8sNetfilter.Baselines;
using NJsonSchema;

namespace K8sNetfilter.Tests.Baselines;

public sealed class BaselineWriterTests
{
    private static readonly JsonSchema Schema = JsonSchema.FromJsonAsync(ShippedBaselines.Schema).GetAwaiter().GetResult();

    public static TheoryData<string> Names => [.. ShippedBaselines.Names];

    private static Baseline Read(string json) => BaselineReader.Read("t.json", DataJson.Parse("t.json", Encoding.UTF8.GetBytes(json)));

    private static IEnumerable<string> Say(Baseline baseline) => baseline.Requirements.Select(r => $"{r} {r.Family} {r.AtBoot} {r.When} {r.Reason} {r.Link}");

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_written_is_read_back_the_same_and_keeps_to_the_schema(string name)
    {
        var baseline = BaselineResolver.Resolve(ShippedBaselines.Find(name)!, (other, _) => ShippedBaselines.Find(other)!);
        string json = baseline.ToJson();
        Assert.Empty(Schema.Validate(json));
        var read = Read(json);
        Assert.Equal(Say(baseline).Order(), Say(read).Order());
        Assert.Equal((name, baseline.Description), (read.Name, read.Description));
    }

    [Fact]
    public void Every_kind_of_value_and_condition_survives()
    {
        var baseline = Read("""
            { "name": "n",
              "modules": [ { "name": "a", "state": "absent", "atBoot": false, "when": { "ipv6": false, "proxyMode": ["ipvs", "nftables"], "cni": "calico", "containerRuntime": "containerd", "kernel": ">= 5.3, < 7.0" } } ],
              "sysctls": [ { "name": "a.b", "value": "1\t2" }, { "name": "a.c", "oneOf": ["x", 7] }, { "name": "a.d", "minimum": -1 }, { "name": "a.e", "maximum": 9223372036854775807 }, { "name": "a.f", "value": "007" } ],
              "bridges": [ { "name": "cni*", "callIptables": true, "hairpin": false, "reason": "\u0041 \"quote\"" } ] }
            """);
        Assert.Equal(Say(baseline), Say(Read(baseline.ToJson())));
        Assert.Empty(Schema.Validate(baseline.ToJson()));
    }

    [Theory]
    [InlineData("apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: \"ipvs\"\n", "ipvs")]
    [InlineData("kind: KubeProxyConfiguration\nmode: nftables # since 1.33\n", "nftables")]
    [InlineData("kind: KubeProxyConfiguration\nipvs:\n  mode: x\nmode: \"\"\n", "iptables")]
    [InlineData("kind: KubeProxyConfiguration\n", "iptables")]
    [InlineData("{\n  \"kind\": \"KubeProxyConfiguration\",\n  \"mode\": \"ipvs\",\n}", "ipvs")]
    [InlineData("{\"kind\":\"KubeProxyConfiguration\",\"x\":{\"mode\":\"y\"},\"mode\":\"nftables\"}", "nftables")]
    [InlineData("{\"kind\":\"KubeProxyConfiguration\",\"x\":{\n\"mode\":\"ipvs\"\n}}", "iptables")]
    [InlineData("kind: KubeProxyConfiguration\nmode: null\n", "iptables")]
    [InlineData("kind: KubeProxyConfiguration\nmode: kernelspace\n", null)]
    [InlineData("kind: Pod\nmode: ipvs\n", null)]
    public void The_mode_is_what_the_configuration_asks_for(string text, string? mode) => Assert.Equal(mode, KubeProxyConfiguration.ModeOf(text));

    [Theory]
    [InlineData("KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/containerd/containerd.sock --node-ip=10.0.0.1\"\n", "containerd")]
    [InlineData("KUBELET_KUBEADM_ARGS=\"--x --container-runtime-endpoint=unix:///var/run/cri-dockerd.sock\"\n", "docker")]
    [InlineData("kind: KubeletConfiguration\ncontainerRuntimeEndpoint: \"unix:///var/run/crio/crio.sock\" # ours\n", "cri-o")]
    [InlineData("kind: KubeletConfiguration\ncontainerRuntimeEndpoint: \"\"\n", null)]
    [InlineData("# containerRuntimeEndpoint: unix:///run/crio/crio.sock\n", null)]
    [InlineData("containerRuntimeEndpoint: unix:///run/other.sock\n", null)]
    public void The_runtime_is_what_kubelet_is_told(string text, string? runtime) => Assert.Equal(runtime, ContainerRuntimes.NameOf(ContainerRuntimes.EndpointIn(text)));
}
