using System.Net;
using System.Text.Json;

namespace K8sNetfilter.Links.Iproute2;

/// <summary>
/// The values under the keys of what ip(8) and bridge(8) print with <c>-j</c>: null for a key that is not there, or has another kind of
/// value.
/// </summary>
internal static class IpJsonValues
{
    /// <summary>Takes a tool's output apart; one that has nothing to say prints nothing.</summary>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json, int maxDepth) =>
        JsonDocument.Parse(json.Span.Trim(" \t\r\n"u8).IsEmpty ? "[]"u8.ToArray() : json,
            new JsonDocumentOptions { MaxDepth = maxDepth, AllowTrailingCommas = true });

    /// <summary>The entries of the list that it is.</summary>
    /// <exception cref="JsonException">It is no list of objects.</exception>
    public static IEnumerable<JsonElement> Items(JsonDocument document) => Items(document.RootElement, Iproute2Messages.Output);

    /// <summary>The entries of a list within it.</summary>
    /// <param name="list">The list.</param>
    /// <param name="what">What an error calls it.</param>
    /// <exception cref="JsonException">It is no list of objects.</exception>
    public static IEnumerable<JsonElement> Items(JsonElement list, string what)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException(Iproute2Messages.NotAList(what));
        }

        int number = 0;
        foreach (var item in list.EnumerateArray())
        {
            number++;
            yield return item.ValueKind == JsonValueKind.Object ? item
                : throw new JsonException(Iproute2Messages.EntryInvalid(number, what, item.ValueKind));
        }
    }

    public static bool Has(JsonElement item, string name) => TryGet(item, name, out var value) && value.ValueKind != JsonValueKind.False;

    public static string? Text(JsonElement item, string name) => !TryGet(item, name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? StringOf(value) : value.ValueKind == JsonValueKind.Number ? value.GetRawText() : null;

    public static IEnumerable<string> Words(JsonElement item, string name) =>
        TryGet(item, name, out var list) && list.ValueKind == JsonValueKind.Array
        ? list.EnumerateArray().Where(w => w.ValueKind == JsonValueKind.String).Select(StringOf).OfType<string>() : [];

    // A lone half of a surrogate pair, "\ud800", is a string, or a name, that has no text: what has one there is passed over.
    private static string? StringOf(JsonElement value) => OrNull(() => value.GetString());

    public static string? NameOf(JsonProperty property) => OrNull(() => property.Name);

    private static string? OrNull(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public static bool TryGet(JsonElement item, string name, out JsonElement value)
    {
        try
        {
            return item.TryGetProperty(name, out value);
        }
        catch (InvalidOperationException)
        {
            value = default;
            return false;
        }
    }

    public static bool? Switch(JsonElement item, string name) => !TryGet(item, name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => value.TryGetInt64(out long n) ? n != 0 : null,
        _ => null,
    };

    public static int? Int(JsonElement item, string name) =>
        TryGet(item, name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int n) ? n : null;

    public static uint? Unsigned(JsonElement item, string name) =>
        TryGet(item, name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out uint n) ? n : null;

    public static TimeSpan? Lifetime(JsonElement item, string name) =>
        Unsigned(item, name) is { } seconds and not uint.MaxValue ? TimeSpan.FromSeconds(seconds) : null;

    public static IPAddress? AddressOf(JsonElement item, string name) =>
        Text(item, name) is { } text && IPAddress.TryParse(text, out var address) ? address : null;
}
