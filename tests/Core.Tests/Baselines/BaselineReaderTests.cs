using System.Text;
using CsCheck;
using K8sNetfilter.Baselines;
using K8sNetfilter.Errors;
using NJsonSchema;

namespace K8sNetfilter.Tests.Baselines;

public sealed class BaselineReaderTests
{
    private static readonly JsonSchema Schema = JsonSchema.FromJsonAsync(ShippedBaselines.Schema).GetAwaiter().GetResult();

    private static Baseline Read(string json) => BaselineReader.Read("t.json", DataJson.Parse("t.json", Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Every_kind_of_requirement_is_read_with_its_line()
    {
        var baseline = Read("""
            {
              "name": "n", // a comment
              "extends": "Kubernetes",
              "modules": [ { "name": "br-netfilter", "state": "Absent", "atBoot": false } ],
              "sysctls": [
                { "name": "net.ipv4.ip_forward", "value": 1, "reason": "r", "link": "https://example.org/x" },
                { "name": "vm.max_map_count", "minimum": 262144, "when": { "kernel": ">= 5.3, < 7.0", "ipv6": true } },
                { "name": "net.ipv4.conf.all.rp_filter", "oneOf": [0, "1"] }
              ],
              "files": [ { "path": "/etc/sysctl.conf" } ],
              "bridges": [ { "name": "cni*", "callIptables": true, "hairpin": false } ],
              "chains": [ { "name": "KUBE-SERVICES", "table": "nat", "family": "ipv6" } ]
            }
            """);
        Assert.Equal(["Kubernetes"], baseline.Extends);
        Assert.Equal(
            [
                "Module br_netfilter absent @4", "Sysctl net.ipv4.ip_forward 1 @6", "Sysctl vm.max_map_count >= 262144 @7",
                "Sysctl net.ipv4.conf.all.rp_filter 0 or 1 @8", "File /etc/sysctl.conf agrees @10",
                "Bridge cni* callIptables on @11", "Bridge cni* hairpin off @11", "Chain KUBE-SERVICES nat reached @12",
            ],
            baseline.Requirements.Select(r => $"{r} @{r.Source!.Line}"));
        Assert.Equal("ipv6, kernel >= 5.3, kernel < 7.0", baseline.Requirements[2].When.ToString());
        Assert.Equal([false, true, true, true, false, false, false, false], baseline.Requirements.Select(r => r.AtBoot));
    }

    [Theory]
    [InlineData("[]", 1, "a baseline is a map")]
    [InlineData("{\n \"name\": \"n\",\n \"sysctl\": [] }", 3, "no 'sysctl'")]
    [InlineData("{\n \"name\": \"n\", \"name\": \"m\" }", 2, "given twice")]
    [InlineData("{ \"modules\": [] }", 1, "'name' is missing")]
    [InlineData("{ \"name\": \"n\",\n \"modules\": [ { \"name\": \"../x\" } ] }", 2, "cannot be a module's name")]
    [InlineData("{ \"name\": \"n\",\n \"modules\": [ { \"name\": \"x; rm -rf /\" } ] }", 2, "cannot be a module's name")]
    [InlineData("{ \"name\": \"n\",\n \"sysctls\": [ { \"name\": \"a.b\" } ] }", 2, "needs either value")]
    [InlineData("{ \"name\": \"n\",\n \"sysctls\": [ { \"name\": \"a.b\", \"value\": \"1\\nkernel.panic = 0\" } ] }", 2, "one line")]
    [InlineData("{ \"name\": \"n\",\n \"sysctls\": [ { \"name\": \"a.b\", \"value\": null } ] }", 2, "not null")]
    [InlineData("{ \"name\": \"n\",\n \"sysctls\": [ { \"name\": \"a.b\", \"minimum\": 2, \"maximum\": 1 } ] }", 2, "above maximum")]
    [InlineData("{ \"name\": \"n\",\n \"sysctls\": [ { \"name\": \"a.b\", \"value\": 1 },\n { \"name\": \"a.b\", \"value\": 2 } ] }", 3, "required twice")]
    [InlineData("{ \"name\": \"n\",\n \"files\": [ { \"path\": \"/etc/../shadow\" } ] }", 2, "no '..' in it")]
    [InlineData("{ \"name\": \"n\",\n \"bridges\": [ { \"name\": \"cni0\" } ] }", 2, "at least one of")]
    [InlineData("{ \"name\": \"n\",\n \"chains\": [ { \"name\": \"C\", \"table\": \"nat\", \"family\": \"ipx\" } ] }", 2, "one of IPv4, IPv6")]
    [InlineData("{ \"name\": \"n\",\n \"modules\": [ { \"name\": \"m\", \"link\": \"javascript:alert(1)\" } ] }", 2, "https address")]
    [InlineData("{ \"name\": \"n\",\n \"modules\": [ { \"name\": \"m\", \"when\": { \"kernel\": \"5.3\" } } ] }", 2, "'>= 5.3'")]
    [InlineData("{ \"name\": \"n\",\n\n oops }", 3, "not valid JSON")]
    [InlineData("{ \"name\": \"n\" } trailing", 1, "not valid JSON")]
    [InlineData("", 1, "not valid JSON")]
    [InlineData("{ \"name\": \"n\",\n \"modules\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 2, "nested too deep")]
    [InlineData("{ \"name\": \"n\",\n \"sysctls\": [ { \"name\": \"a.b\", \"minimum\": 99999999999999999999 } ] }", 2, "at most 64 bits")]
    public void What_is_wrong_is_said_with_its_line(string json, int line, string what)
    {
        var error = Assert.Throws<NodeException>(() => Read(json));
        Assert.Equal("BaselineSyntax", error.ErrorId);
        Assert.StartsWith($"t.json:{line}:", error.Message, StringComparison.Ordinal);
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_huge_file_is_refused_before_it_is_read()
    {
        var error = Assert.Throws<NodeException>(() => DataJson.Parse("big.json", new byte[10_000_000]));
        Assert.Equal("BaselineTooLarge", error.ErrorId);
    }

    [Fact]
    public void Deep_nesting_is_refused_with_its_place()
    {
        var error = Assert.Throws<NodeException>(() => Read("{ \"name\": " + new string('[', 100_000)));
        Assert.Equal("BaselineSyntax", error.ErrorId);
    }

    [Fact]
    public void Text_that_is_not_utf8_is_refused()
    {
        byte[] bytes = [.. "{ \"name\": \""u8, 0xff, 0xfe, .. "\" }"u8];
        Assert.Equal("BaselineSyntax", Assert.Throws<NodeException>(() => DataJson.Parse("t.json", bytes)).ErrorId);
    }

    [Fact]
    public void No_bytes_make_the_reader_fail_in_a_way_of_its_own()
    {
        string seed = Encoding.UTF8.GetString(Shipped("Flannel"));
        Gen.Select(Gen.Int[0, seed.Length - 1], Gen.Byte, Gen.Int[0, 40]).Sample((at, value, cut) =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(seed);
            bytes[at] = value;
            try
            {
                BaselineReader.Read("t.json", DataJson.Parse("t.json", bytes.AsSpan(0, bytes.Length - cut)));
            }
            catch (NodeException error)
            {
                Assert.StartsWith("t.json:", error.Message, StringComparison.Ordinal);
            }
        }, iter: 3000);
    }

    [Fact]
    public void Every_shipped_baseline_fits_the_published_schema_and_gives_its_sources()
    {
        Assert.Equal(
            ["Calico", "Cilium", "Flannel", "KubeletProtectKernelDefaults", "KubeProxyIptables", "KubeProxyIpvs", "KubeProxyNftables", "Kubernetes"],
            ShippedBaselines.Names);
        foreach (string name in ShippedBaselines.Names)
        {
            Assert.Empty(Schema.Validate(Encoding.UTF8.GetString(Shipped(name))));
            var resolved = BaselineResolver.Resolve(ShippedBaselines.Find(name)!, (n, _) => ShippedBaselines.Find(n)!);
            Assert.NotEmpty(resolved.Requirements);
            Assert.All(resolved.Requirements, r => Assert.True(r.Reason is not null && r.Link is not null, $"{name}: {r}"));
        }
    }

    [Theory]
    [InlineData("{ \"name\": \"n\", \"sysctl\": [] }")]
    [InlineData("{ \"name\": \"n\", \"sysctls\": [ { \"name\": \"a.b\" } ] }")]
    [InlineData("{ \"name\": \"n\", \"sysctls\": [ { \"name\": \"a.b\", \"value\": 1, \"minimum\": 1 } ] }")]
    [InlineData("{ \"name\": \"n\", \"bridges\": [ { \"name\": \"cni0\" } ] }")]
    [InlineData("{ \"name\": \"n\", \"modules\": [ { \"name\": \"a b\" } ] }")]
    public void The_schema_refuses_what_the_reader_refuses(string json)
    {
        Assert.NotEmpty(Schema.Validate(json));
        Assert.Throws<NodeException>(() => Read(json));
    }

    private static byte[] Shipped(string name)
    {
        using var stream = typeof(Baseline).Assembly.GetManifestResourceStream($"K8sNetfilter.Baselines.Shipped.{name}.json")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
