using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Processes;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Tests.Rulesets;

/// <summary>What a tool that failed says of the reason, and what to do.</summary>
public sealed class IptablesToolTests
{
    private const string Refused = "iptables-save v1.8.9 (legacy): Cannot initialize: Permission denied (you must be root)";

    [Theory]
    [InlineData(Capabilities.NetAdmin, "give the process CAP_NET_RAW.")]
    [InlineData(Capabilities.NetRaw, "give the process CAP_NET_ADMIN.")]
    [InlineData(Capabilities.SysAdmin, "give the process CAP_NET_ADMIN and CAP_NET_RAW.")]
    public void A_right_that_is_missing_is_named(int own, string advice)
    {
        var failure = IptablesTool.Failed("iptables-legacy-save", 1, Refused, capability => capability == own);
        Assert.Equal(("NotPermitted", NodeErrorCategory.PermissionDenied), (failure.ErrorId, failure.Category));
        Assert.Contains("iptables-legacy-save", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith(advice, failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Anything_else_is_the_tools_own_text()
    {
        var failure = IptablesTool.Failed("iptables-legacy-save", 3, "iptables-save: table does not exist");
        Assert.Equal("RulesetToolFailed", failure.ErrorId);
        Assert.Contains("exit status 3: iptables-save: table does not exist", failure.Message, StringComparison.Ordinal);
    }
}
