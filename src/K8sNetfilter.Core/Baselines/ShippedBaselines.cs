using System.Reflection;

namespace K8sNetfilter.Baselines;

/// <summary>The baselines that come with the module.</summary>
public static class ShippedBaselines
{
    private const string Prefix = "K8sNetfilter.Baselines.Shipped.";
    private const string Suffix = ".json";

    /// <summary>Their names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^Suffix.Length])
            .Order(StringComparer.OrdinalIgnoreCase),
    ];

    /// <summary>Gives one by its name, as its file has it (not resolved); null if there is none of that name.</summary>
    public static Baseline? Find(string name)
    {
        string? known = Names.FirstOrDefault(n => n.Equals(name, StringComparison.OrdinalIgnoreCase));
        return known is null ? null : BaselineReader.Read($"{known}{Suffix}", DataJson.Parse($"{known}{Suffix}", Content(Prefix + known + Suffix)));
    }

    /// <summary>The JSON schema that baseline files are written against.</summary>
    public static string Schema => System.Text.Encoding.UTF8.GetString(Content("K8sNetfilter.Baselines.nodebaseline.schema.json"));

    private static byte[] Content(string resource)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
