using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace K8sNetfilter.Dsc;

/// <summary>How JSON is written here: one object a line, with text as readable as JSON lets it be.</summary>
internal static class DscJson
{
    /// <summary>Only what JSON itself wants escaped is escaped; control characters always are.</summary>
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes an object as a line.</summary>
    public static void WriteLine(Stream output, JsonObject value)
    {
        using (var json = new Utf8JsonWriter(output, WriterOptions))
        {
            value.WriteTo(json);
        }

        output.Write("\n"u8);
        output.Flush();
    }
}
