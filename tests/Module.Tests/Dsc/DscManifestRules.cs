using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace K8sNetfilter.Tests.Dsc;

/// <summary>
/// What an engine of DSC reads as the manifest of a command resource: which properties there are, and of which kind. A manifest that breaks
/// one of these rules is skipped, with a warning that few see.
/// </summary>
/// <param name="Is32">True for DSC 3.2 and later, which read what 3.0 and 3.1 do and more.</param>
/// <remarks>https://github.com/PowerShell/DSC: resource_manifest.rs of the branches release/v3.0.0, release/v3.1 and release/v3.2.</remarks>
internal sealed partial record DscManifestRules(bool Is32)
{
    private static readonly string[] Operations = ["get", "set", "whatIf", "test", "delete", "export", "resolve", "validate"];

    private static readonly string[] Changing = ["set", "whatIf"];

    /// <summary>What is wrong; nothing where the engine reads it.</summary>
    public IEnumerable<string> Broken(JsonObject manifest)
    {
        string[] known = ["$schema", "type", "kind", "version", "description", "tags", .. Operations, "adapter", "exitCodes", "schema", .. Is32 ? ["condition", "deprecationMessage", "metadata"] : Array.Empty<string>()];
        foreach (string name in manifest.Select(p => p.Key).Except(known))
        {
            yield return $"There is no property {name}.";
        }

        if (Text(manifest, "$schema") is not { } schema || !SchemaUri().IsMatch(schema))
        {
            yield return "$schema is not one that the engine knows.";
        }

        if (Text(manifest, "type") is not { } type || !ResourceType().IsMatch(type) || Text(manifest, "version") is not { } version || !SemanticVersion().IsMatch(version))
        {
            yield return "type or version is missing or malformed.";
        }

        foreach (var (code, meaning) in manifest["exitCodes"]?.AsObject() ?? [])
        {
            if (!int.TryParse(code, out _) || meaning?.GetValueKind() != System.Text.Json.JsonValueKind.String)
            {
                yield return $"exitCodes.{code} is no number with a text.";
            }
        }

        foreach (string broken in Operations.Where(manifest.ContainsKey).SelectMany(o => Operation(o, manifest[o] as JsonObject)))
        {
            yield return broken;
        }
    }

    private IEnumerable<string> Operation(string name, JsonObject? operation)
    {
        if (operation is null || Text(operation, "executable") is null)
        {
            yield return $"{name} has no executable.";
            yield break;
        }

        if (operation["input"] is not null && Text(operation, "input") is not ("stdin" or "env"))
        {
            yield return $"{name}.input is neither stdin nor env.";
        }

        if (operation["return"] is not null && Text(operation, "return") is not ("state" or "stateAndDiff"))
        {
            yield return $"{name}.return is neither state nor stateAndDiff.";
        }

        foreach (var argument in operation["args"]?.AsArray() ?? [])
        {
            if (!IsArgument(name, argument))
            {
                yield return $"{name}.args has {argument?.ToJsonString()}.";
            }
        }
    }

    private bool IsArgument(string operation, JsonNode? argument) => argument switch
    {
        JsonValue value => value.GetValueKind() == System.Text.Json.JsonValueKind.String,
        JsonObject form => Text(form, "jsonInputArg") is not null
            || (Is32 && (Text(form, "resourceTypeArg") ?? Text(form, "resourcePathArg")) is not null)
            || (Is32 && Changing.Append("delete").Contains(operation) && Text(form, "whatIfArg") is not null),
        _ => false,
    };

    private static string? Text(JsonObject node, string name) => node[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    // 3.0 knows the schemas of v3 and v3.0 alone.
    [GeneratedRegex(@"^https://aka\.ms/dsc/schemas/v3/(bundled/)?resource/manifest(\.vscode)?\.json$")]
    private static partial Regex SchemaUri();

    [GeneratedRegex(@"^\w+(\.\w+){0,2}/\w+$")]
    private static partial Regex ResourceType();

    [GeneratedRegex(@"^\d+\.\d+\.\d+$")]
    private static partial Regex SemanticVersion();
}
