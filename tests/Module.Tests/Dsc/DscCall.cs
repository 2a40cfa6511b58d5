using System.Text;
using System.Text.Json.Nodes;
using K8sNetfilter.Dsc;

namespace K8sNetfilter.Tests.Dsc;

/// <summary>One call of a resource, as DSC makes it.</summary>
internal sealed record DscCall(int ExitCode, string Output, IReadOnlyList<JsonObject> Messages)
{
    public JsonObject State => JsonNode.Parse(Output)!.AsObject();

    public static DscCall Make(string commandLine, string instance)
    {
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(instance));
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        int code = DscCommand.Run(commandLine.Split(' '), input, output, error);
        var messages = Encoding.UTF8.GetString(error.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject());
        return new DscCall(code, Encoding.UTF8.GetString(output.ToArray()), [.. messages]);
    }
}
