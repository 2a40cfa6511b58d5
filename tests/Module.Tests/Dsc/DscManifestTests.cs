using System.Text.Json.Nodes;
using K8sNetfilter.Dsc;

namespace K8sNetfilter.Tests.Dsc;

/// <summary>The manifests, as the engines of DSC 3.0, 3.1 and 3.2 read them.</summary>
public sealed class DscManifestTests
{
    private static readonly DscManifestRules Dsc30 = new(Is32: false);
    private static readonly DscManifestRules Dsc32 = new(Is32: true);

    public static TheoryData<string> Resources { get; } = [.. DscCommand.ResourceNames];

    [Theory]
    [MemberData(nameof(Resources))]
    public void Every_engine_of_DSC_reads_the_manifest_and_its_what_if(string resource)
    {
        var manifest = Manifest(resource);
        Assert.Empty(Dsc30.Broken(manifest));
        Assert.Empty(Dsc32.Broken(manifest));

        // Without it the engine makes the answer up of a test; with whatIf.return missing it would take no state.
        var whatIf = manifest["whatIf"]!;
        Assert.Equal(manifest["set"]!["args"]!.AsArray().Select(a => a!.GetValue<string>()).Append("--what-if"), whatIf["args"]!.AsArray().Select(a => a!.GetValue<string>()));
        Assert.Equal("state", whatIf["return"]!.GetValue<string>());
    }

    /// <summary>The form that about_NodeDsc names for DSC 3.2 alone.</summary>
    [Theory]
    [MemberData(nameof(Resources))]
    public void What_needs_3_2_is_skipped_by_the_engines_before(string resource)
    {
        var manifest = Manifest(resource);
        manifest.Remove("whatIf");
        manifest["set"]!["args"]!.AsArray().Add(new JsonObject { ["whatIfArg"] = "--what-if" });
        Assert.Empty(Dsc32.Broken(manifest));
        Assert.Equal("""set.args has {"whatIfArg":"--what-if"}.""", Assert.Single(Dsc30.Broken(manifest)));
    }

    [Theory]
    [InlineData("metadata", "{}")]
    [InlineData("condition", "\"x\"")]
    [InlineData("$schema", "\"https://aka.ms/dsc/schemas/v3.2/bundled/resource/manifest.json\"")]
    [InlineData("exitCodes", """{"none":"x"}""")]
    [InlineData("whatIf", """{"args":[]}""")]
    [InlineData("whatIf", """{"executable":"k8snf","return":"nothing"}""")]
    public void The_rules_refuse_what_3_0_and_3_1_do_not_read(string name, string value)
    {
        var manifest = Manifest("Sysctl");
        manifest[name] = JsonNode.Parse(value);
        Assert.Single(Dsc30.Broken(manifest));
    }

    private static JsonObject Manifest(string resource) => DscCall.Make($"manifest {resource}", "").State;
}
