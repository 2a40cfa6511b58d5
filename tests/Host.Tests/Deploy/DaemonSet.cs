using System.Text.Json.Nodes;
using K8sNetfilter.IO;

namespace K8sNetfilter.Tests.Deploy;

/// <summary>The DaemonSet as its manifest has it, and its container run on a node of its own.</summary>
internal sealed class DaemonSet
{
    private readonly IReadOnlyList<JsonNode> _documents = Yaml.Documents(System.IO.Path.Combine(K8snf.RepositoryRoot, "deploy/kubernetes/daemonset.yaml"));

    /// <summary>The pod's specification.</summary>
    public JsonNode Pod => Document("DaemonSet")["spec"]!["template"]!["spec"]!;

    /// <summary>The container.</summary>
    public JsonNode Container => Assert.Single(Pod["containers"]!.AsArray())!;

    /// <summary>The capabilities that it adds to none.</summary>
    public string[] Capabilities => Texts(Container["securityContext"]!["capabilities"]!["add"]);

    /// <summary>The manifest's document of a kind.</summary>
    public JsonNode Document(string kind) => Assert.Single(_documents, d => d["kind"]!.GetValue<string>() == kind);

    /// <summary>The texts of a list; none where there is no list.</summary>
    public static string[] Texts(JsonNode? list) => [.. (list?.AsArray() ?? []).Select(t => t!.GetValue<string>())];

    /// <summary>Runs the container's very command as process 1, with what the manifest gives it, while a scenario of bash acts on it (see container.sh).</summary>
    /// <param name="scenario">What happens: start, verdict, inside, stop.</param>
    /// <param name="hostNetwork">Other than the manifest says.</param>
    /// <param name="recursive">False for a kubelet that makes only the mount itself read-only.</param>
    /// <param name="capabilities">Other ones than the manifest gives.</param>
    /// <param name="change">Changes an argument of the command.</param>
    public K8snf.Result Run(string scenario, bool? hostNetwork = null, bool recursive = true, string[]? capabilities = null, Func<string, string>? change = null)
    {
        var security = Container["securityContext"]!;
        Assert.Equal(["ALL"], Texts(security["capabilities"]!["drop"]));
        Assert.Equal((0, true, false), (security["runAsUser"]!.GetValue<int>(), security["readOnlyRootFilesystem"]!.GetValue<bool>(), security["allowPrivilegeEscalation"]!.GetValue<bool>()));
        string[] command = [.. Texts(Container["command"]), .. Texts(Container["args"]).Select(change ?? (a => a))];
        return K8snf.Bash($"""
            export REPOSITORY='{K8snf.RepositoryRoot}' HOST_NETWORK={(hostNetwork ?? Pod["hostNetwork"]!.GetValue<bool>() ? "true" : "false")}
            export CAPABILITIES='{string.Join(',', (capabilities ?? Capabilities).Select(c => "+" + c.ToLowerInvariant()))}'
            export MOUNTS='{string.Join('\n', Container["volumeMounts"]!.AsArray().Select(m => Mount(m!, recursive)))}'
            export ENVIRONMENT='{string.Join('\n', Container["env"]!.AsArray().Select(v => $"{v!["name"]}={v["value"]}"))}'
            bash '{K8snf.RepositoryRoot}/tests/Host.Tests/Deploy/container.sh' '{scenario}' {string.Join(' ', command.Select(c => $"'{c}'"))}
            """);
    }

    private string Mount(JsonNode mount, bool recursive)
    {
        var volume = Assert.Single(Pod["volumes"]!.AsArray(), v => v!["name"]!.GetValue<string>() == mount["name"]!.GetValue<string>())!;
        bool all = recursive && mount["recursiveReadOnly"]?.GetValue<string>() == "Enabled";
        return $"{volume["hostPath"]!["path"]} {mount["mountPath"]} {(mount["readOnly"]?.GetValue<bool>() != true ? "rw" : all ? "recursive" : "ro")}";
    }
}
