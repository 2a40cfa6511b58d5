using System.Text.Json;
using System.Text.Json.Nodes;
using K8sNetfilter.Errors;
using K8sNetfilter.Text;

namespace K8sNetfilter.Dsc;

/// <summary>
/// The instance that DSC gives: a JSON object whose properties were declared. A property that nobody declared is refused, since a
/// misspelt one would otherwise leave the node as it is and call that the desired state.
/// </summary>
internal sealed class DscInput
{
    private const int MaximumBytes = 1 << 20;
    private const int MaximumDepth = 8;

    private readonly Dictionary<string, JsonElement> _properties;

    private DscInput(Dictionary<string, JsonElement> properties) => _properties = properties;

    /// <summary>Reads an instance.</summary>
    /// <param name="input">The JSON text; empty for an instance that says nothing.</param>
    /// <param name="declared">The properties that an instance can have.</param>
    /// <exception cref="NodeException"><c>DscInputInvalid</c>, <c>DscPropertyUnknown</c>, <c>DscPropertyInvalid</c>.</exception>
    public static DscInput Read(Stream input, IReadOnlyCollection<string> declared)
    {
        byte[] text = ReadBounded(input);
        var properties = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (text.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return new DscInput(properties);
        }

        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaximumDepth });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Invalid(1, DscInputMessages.NoObject);
            }

            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (!declared.Contains(property.Name))
                {
                    throw NodeException.Create(
                        Messages.ResourceManager, nameof(Messages.DscPropertyUnknown), NodeErrorCategory.InvalidArgument,
                        Printable.Text(property.Name, 100), string.Join(", ", declared.Where(d => d[0] != '_' || d == "_exist")));
                }

                if (!properties.TryAdd(property.Name, property.Value.Clone()))
                {
                    throw Wrong(property.Name, DscInputMessages.OnceOnly);
                }
            }
        }
        catch (JsonException error)
        {
            // The exception's own text repeats parts of the input; only the place is taken from it.
            throw Invalid((error.LineNumber ?? 0) + 1, DscInputMessages.NotJson);
        }

        return new DscInput(properties);
    }

    /// <summary>A text that must be there.</summary>
    public string RequireText(string name) => Text(name) is { Length: > 0 } text ? text
        : throw NodeException.Create(Messages.ResourceManager, nameof(Messages.DscPropertyMissing), NodeErrorCategory.InvalidArgument, name);

    /// <summary>A text; null where it is not given.</summary>
    public string? Text(string name) => Find(name, JsonValueKind.String, DscInputMessages.AText)?.GetString();

    /// <summary>A Boolean; null where it is not given.</summary>
    public bool? Flag(string name) => Find(name, JsonValueKind.True, DscInputMessages.TrueOrFalse, JsonValueKind.False)?.GetBoolean();

    /// <summary>A text or a whole number, as text; null where it is not given.</summary>
    public string? TextOrNumber(string name, out bool isNumber)
    {
        var found = Find(name, JsonValueKind.String, DscInputMessages.ATextOrNumber, JsonValueKind.Number);
        isNumber = found?.ValueKind == JsonValueKind.Number;
        if (isNumber && !found!.Value.TryGetInt64(out _))
        {
            throw Wrong(name, DscInputMessages.ATextOrNumber);
        }

        return isNumber ? found!.Value.GetRawText() : found?.GetString();
    }

    /// <summary>A table of texts, whole numbers and Booleans, in the order in which they are given; empty where it is not given.</summary>
    public IReadOnlyList<KeyValuePair<string, JsonValue>> Table(string name)
    {
        var table = new List<KeyValuePair<string, JsonValue>>();
        if (Find(name, JsonValueKind.Object, DscInputMessages.ATable) is { } given)
        {
            foreach (var entry in given.EnumerateObject())
            {
                bool isWhole = entry.Value.ValueKind == JsonValueKind.Number && (entry.Value.TryGetInt64(out _) || entry.Value.TryGetUInt64(out _));
                if (!isWhole && entry.Value.ValueKind is not (JsonValueKind.String or JsonValueKind.True or JsonValueKind.False))
                {
                    throw Wrong($"{name}.{entry.Name}", DscInputMessages.ATableValue);
                }

                if (table.Exists(e => e.Key == entry.Name))
                {
                    throw Wrong($"{name}.{entry.Name}", DscInputMessages.OnceOnly);
                }

                table.Add(new(entry.Name, JsonValue.Create(entry.Value)!));
            }
        }

        return table;
    }

    private JsonElement? Find(string name, JsonValueKind kind, string wanted, JsonValueKind? orKind = null)
    {
        if (!_properties.TryGetValue(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == kind || value.ValueKind == orKind ? value : throw Wrong(name, wanted);
    }

    private static byte[] ReadBounded(Stream input)
    {
        using var text = new MemoryStream();
        byte[] part = new byte[16384];
        while (input.Read(part) is > 0 and var count)
        {
            text.Write(part.AsSpan(0, count));
            if (text.Length > MaximumBytes)
            {
                throw Invalid(1, DscInputMessages.TooLong);
            }
        }

        return text.ToArray();
    }

    private static NodeException Invalid(long line, string why) =>
        NodeException.Create(Messages.ResourceManager, nameof(Messages.DscInputInvalid), NodeErrorCategory.InvalidArgument, line, why);

    private static NodeException Wrong(string name, string wanted) =>
        NodeException.Create(Messages.ResourceManager, nameof(Messages.DscPropertyInvalid), NodeErrorCategory.InvalidArgument, Printable.Text(name, 100), wanted);
}
