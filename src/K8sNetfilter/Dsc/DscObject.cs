using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text.Json;
using System.Text.Json.Nodes;
using K8sNetfilter.Errors;
using K8sNetfilter.Surface;

namespace K8sNetfilter.Dsc;

/// <summary>The resources as the classes of the module K8sNetfilter.Dsc call them: tables in place of JSON, exceptions in place of exit codes.</summary>
public static class DscObject
{
    /// <summary>Calls a resource.</summary>
    /// <param name="operation">Get, Test or Set.</param>
    /// <param name="resource">Its name, such as <c>Sysctl</c>.</param>
    /// <param name="instance">The instance's properties; what is null or empty is not given.</param>
    /// <returns>The state's properties; after Test with <c>_inDesiredState</c>.</returns>
    /// <exception cref="NodeException">The instance is wrong, or the node could not be asked or changed.</exception>
    public static Hashtable Invoke(DscOperation operation, string resource, IDictionary instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var json = new JsonObject();
        foreach (var property in instance.InOrder())
        {
            var value = property.Value switch
            {
                null or "" => null,
                IDictionary { Count: 0 } => null,
                IDictionary entries => new JsonObject(entries.InOrder().Select(e => KeyValuePair.Create((string)e.Key, (JsonNode?)One(e.Value)))),
                string[] list => new JsonArray([.. list.Select(text => JsonValue.Create(text))]),
                var other => (JsonNode)One(other),
            };
            if (value is not null)
            {
                json[(string)property.Key] = value;
            }
        }

        using var input = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(json));
        var state = Call(operation, resource, input);
        var table = new Hashtable(StringComparer.Ordinal);
        foreach (var (name, value) in state)
        {
            table[name] = value switch
            {
                JsonValue one => Plain(one),
                JsonObject entries when name != "_metadata" => Table(entries),
                _ => value?.ToJsonString(),
            };
        }

        return table;
    }

    private static JsonValue One(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        bool flag => JsonValue.Create(flag),
        var other => JsonValue.Create(Convert.ToString(other, CultureInfo.InvariantCulture) ?? ""),
    };

    private static object Plain(JsonValue value) =>
        value.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? value.GetValue<bool>() : value.ToString();

    private static Hashtable Table(JsonObject entries)
    {
        var table = new Hashtable(StringComparer.Ordinal);
        foreach (var (name, value) in entries)
        {
            table[name] = Plain(value!.AsValue());
        }

        return table;
    }

    // A class can only throw: what to do next has to be in the text.
    private static JsonObject Call(DscOperation operation, string resource, Stream input)
    {
        try
        {
            return DscCommand.Call(operation, resource, input);
        }
        catch (NodeException failure) when (failure.RecommendedAction is not null)
        {
            throw new NodeException(failure.ErrorId, failure.Category, $"{failure.Message} {failure.RecommendedAction}", null, failure);
        }
    }
}
