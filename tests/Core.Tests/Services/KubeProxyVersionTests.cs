using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Services;
using K8sNetfilter.Tests.KubeProxy;

namespace K8sNetfilter.Tests.Services;

public sealed class KubeProxyVersionTests
{
    public static TheoryData<int> Minors { get; } = new(KubeProxyVersion.Minors);

    private static NodeService[] Read(int minor, string[] names, Func<string, string>? change = null) =>
        [.. ServiceReader.Read(RulesetParser.Parse((change ?? (t => t))(KubeProxyVersion.Write(minor, KubeProxySample.Services))), names)];

    private static string Show(NodeService s) =>
        $"{s} {s.Type} {s.IP}:{s.Port}/{s.Protocol} {(s.IsLocalOnly ? "local" : "cluster")} -> {string.Join(", ", s.Endpoints.Select(e => e.ToString()))}{s.Refusal}"
        + (s.Affinity is { } stays ? $" {stays}" : "") + (s.SourceRanges.Length > 0 ? $" from {string.Join(' ', s.SourceRanges)}" : "");

    [Theory]
    [MemberData(nameof(Minors))]
    public void Each_version_s_rules_are_read_as_the_Services_that_they_were_made_of(int minor) =>
        Assert.Equal(KubeProxySample.WaysIn(minor), Read(minor, []).Select(Show).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Minors))]
    public void A_name_is_found_by_its_hash_in_the_form_of_the_version(int minor)
    {
        var read = Read(minor, ["default/plain", "shop/ranges:https"], text => text.Replace("\"default/plain", "\"x", StringComparison.Ordinal).Replace("\"shop/ranges", "\"x", StringComparison.Ordinal));
        Assert.Equal(KubeProxySample.Ways.Where(w => w.StartsWith("default/plain ", StringComparison.Ordinal) || w.StartsWith("shop/ranges:https ", StringComparison.Ordinal)).Select(w => w.Split(' ')[0]),
            read.Select(s => s.ToString()).Where(n => n is "default/plain" or "shop/ranges:https").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_port_without_a_name_may_have_its_colon()
    {
        Assert.Equal(new ServiceName("ns", "name", null), ServiceName.Parse("ns/name: cluster IP"));
        Assert.Equal(new ServiceName("ns", "name", null), ServiceName.Parse("ns/name:"));
        Assert.Null(ServiceName.Parse("ns/:"));
    }
}
