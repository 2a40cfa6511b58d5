using K8sNetfilter.Links;

namespace K8sNetfilter.Tests.Links;

public sealed class BridgeNetfilterSwitchesTests
{
    // present, global, own -> effective; null is not known.
    [Theory]
    [InlineData(true, false, false, false)]
    [InlineData(true, true, false, true)]
    [InlineData(true, false, true, true)]
    [InlineData(true, true, true, true)]
    [InlineData(true, true, null, true)]
    [InlineData(true, null, true, true)]
    [InlineData(true, null, false, null)]
    [InlineData(true, false, null, null)]
    [InlineData(true, null, null, null)]
    [InlineData(false, null, true, false)]
    [InlineData(false, null, null, false)]
    [InlineData(null, null, true, null)]
    [InlineData(null, null, false, null)]
    [InlineData(null, null, null, null)]
    public void A_bridge_opts_in_where_the_module_is_there(bool? present, bool? global, bool? own, bool? effective) =>
        Assert.Equal(effective, new BridgeNetfilterSwitches(present, global, null, null).Effective(global, own));
}
