using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

public sealed class ProcModulesTests
{
    [Fact]
    public void A_line_is_a_module_with_its_users()
    {
        var modules = ProcModules.Parse("""
            bridge 311296 1 br_netfilter, Live 0xffffffffc0a5b000
            stp 16384 2 bridge,garp, Live 0xffffffffc0a00000 (OE)
            br_netfilter 32768 0 - Loading 0x0000000000000000
            crypto 8192 - - Live 0x0
            vendor 4096 1 [permanent], Live 0x0
            gone 4096 0 - Unloading 0x0
            """);
        Assert.Equal(["bridge", "stp", "br_netfilter", "crypto", "vendor", "gone"], modules.Select(m => m.Name));
        Assert.Equal(311296UL, modules[0].SizeBytes);
        Assert.Equal(["bridge", "garp"], modules[1].UsedBy);
        Assert.Equal(ModuleState.Loading, modules[2].State);
        Assert.Null(modules[3].RefCount);
        Assert.True(modules[4].IsPermanent);
        Assert.Empty(modules[4].UsedBy);
        Assert.Equal(ModuleState.Unloading, modules[5].State);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense\n\na b c d e\n1 2")]
    public void Other_text_is_no_module(string text) => Assert.Empty(ProcModules.Parse(text));
}
