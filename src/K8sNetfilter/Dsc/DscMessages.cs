using System.Text.Json;

namespace K8sNetfilter.Dsc;

/// <summary>What a resource has to say beside its output: one JSON object a line, which DSC shows at its own levels.</summary>
internal sealed class DscMessages(Stream stream)
{
    private readonly object _turn = new();

    /// <summary>Why it failed, and what to do.</summary>
    public void Error(string text) => Write("error", text);

    /// <summary>What will not come of it.</summary>
    public void Warn(string text) => Write("warn", text);

    /// <summary>What is done.</summary>
    public void Info(string text) => Write("info", text);

    private void Write(string level, string text)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line, DscJson.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString(level, text);
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        lock (_turn)
        {
            stream.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
            stream.Flush();
        }
    }
}
