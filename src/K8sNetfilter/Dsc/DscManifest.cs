using System.Text.Json.Nodes;

namespace K8sNetfilter.Dsc;

/// <summary>The manifests that DSC finds the resources by; each has its resource's schema in it.</summary>
internal static class DscManifest
{
    /// <summary>A resource's manifest.</summary>
    public static JsonObject Read(string resource)
    {
        using var stream = typeof(DscManifest).Assembly.GetManifestResourceStream($"{resource}.dsc.resource.json")!;
        return JsonNode.Parse(stream)!.AsObject();
    }

    /// <summary>The schema of its instances.</summary>
    public static JsonObject Schema(string resource) => Read(resource)["schema"]!["embedded"]!.DeepClone().AsObject();
}
