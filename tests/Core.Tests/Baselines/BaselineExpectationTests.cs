using K8sNetfilter.Baselines;

namespace K8sNetfilter.Tests.Baselines;

public sealed class BaselineExpectationTests
{
    [Fact]
    public void Values_are_compared_as_the_kernel_prints_them() =>
        Assert.True(BaselineExpectation.Exactly("32768 60999").IsSatisfiedBy("32768\t60999\n"));

    [Theory]
    [InlineData("5", false, "10")]
    [InlineData("10", true, "10")]
    [InlineData("20", true, "20")]
    [InlineData("21", false, "20")]
    [InlineData("many", false, "10")]
    [InlineData(null, false, "10")]
    public void A_bound_moves_a_value_no_further_than_it_must(string? present, bool satisfied, string set)
    {
        var bounds = BaselineExpectation.Between(10, 20);
        Assert.Equal(satisfied, bounds.IsSatisfiedBy(present));
        Assert.Equal(set, bounds.ValueToSet(present));
    }

    [Fact]
    public void Of_several_values_the_present_one_stays_and_else_the_first_is_set()
    {
        var either = BaselineExpectation.OneOf(["1", "0"]);
        Assert.Equal("0", either.ValueToSet("0"));
        Assert.Equal("1", either.ValueToSet("2"));
        Assert.Equal("1 or 0", either.ToString());
    }

    [Theory]
    [InlineData("iptables", true, true)]
    [InlineData("ipvs", true, false)]
    [InlineData(null, true, null)]
    [InlineData(null, false, false)]
    public void An_unknown_fact_leaves_a_condition_open_unless_another_one_decides(string? mode, bool ipv6, bool? holds)
    {
        var condition = new BaselineCondition { IPv6 = true, ProxyMode = ["iptables"] };
        Assert.Equal(holds, condition.Holds(new BaselineFacts { IPv6 = ipv6, ProxyMode = mode }));
    }
}
