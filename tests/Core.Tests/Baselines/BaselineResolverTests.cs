using K8sNetfilter.Baselines;
using K8sNetfilter.Errors;

namespace K8sNetfilter.Tests.Baselines;

public sealed class BaselineResolverTests
{
    private static Baseline Make(string name, string[] extends, params (string Key, string Value)[] sysctls) => new()
    {
        Name = name,
        Path = name + ".json",
        Extends = extends,
        Requirements =
        [
            .. sysctls.Select(s => new BaselineRequirement
            {
                Baseline = name, Kind = BaselineRequirementKind.Sysctl, Name = s.Key, Expected = BaselineExpectation.Exactly(s.Value),
            }),
        ],
    };

    [Fact]
    public void What_a_later_baseline_says_replaces_what_an_earlier_one_said()
    {
        var all = new[] { Make("a", [], ("x", "1"), ("y", "1")), Make("b", ["a"], ("x", "2")), Make("c", ["a", "b"], ("z", "3")) };
        var resolved = BaselineResolver.Resolve(all[2], (name, _) => all.Single(b => b.Name == name));
        Assert.Equal(["y=1 a", "x=2 b", "z=3 c"], resolved.Requirements.Select(r => $"{r.Name}={r.Expected} {r.Baseline}"));
    }

    [Fact]
    public void A_circle_is_refused_by_name()
    {
        var all = new[] { Make("a", ["b"]), Make("b", ["a"]) };
        var error = Assert.Throws<NodeException>(() => BaselineResolver.Resolve(all[0], (name, _) => all.Single(b => b.Name == name)));
        Assert.Equal("BaselineExtendsItself", error.ErrorId);
    }

    [Fact]
    public void A_web_of_extends_costs_no_more_than_its_baselines()
    {
        var all = Enumerable.Range(0, 15).Select(i => Make($"b{i}", [.. Enumerable.Repeat($"b{i - 1}", i == 0 ? 0 : 40)], ($"k{i}", "1"))).ToArray();
        int looked = 0;
        var resolved = BaselineResolver.Resolve(all[^1], (name, _) =>
        {
            looked++;
            return all.Single(b => b.Name == name);
        });
        Assert.Equal(15, resolved.Requirements.Count);
        Assert.Equal(14 * 40, looked);
    }
}
