using System.Text.Json.Nodes;
using K8sNetfilter.IO;
using K8sNetfilter.Text;

namespace K8sNetfilter.Dsc;

/// <summary>A command resource: what DSC can ask of one kind of thing on a node.</summary>
internal abstract class DscResource
{
    /// <summary>Says where the node's files are, in every resource: an image being built, or a host mounted in a container.</summary>
    protected const string RootProperty = "root";

    /// <summary>The resource's name after <c>K8sNetfilter/</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The properties that an instance can have, as its schema declares them.</summary>
    public abstract IReadOnlyCollection<string> Properties { get; }

    /// <summary>The instance as the node has it, held against the desired one.</summary>
    public abstract DscState Get(DscInput desired, CancellationToken stop);

    /// <summary>Makes the node have the desired instance, or says what would be done. Gives the instance as it is (or would be) then.</summary>
    public abstract JsonObject Set(DscInput desired, bool whatIf, DscMessages messages, CancellationToken stop);

    /// <summary>The instances that the node has.</summary>
    public abstract IEnumerable<JsonObject> Export(CancellationToken stop);

    /// <summary>The root that an instance names.</summary>
    protected static KernelRoot RootOf(DscInput desired) =>
        desired.Text(RootProperty) is { Length: > 0 } root ? new KernelRoot(Path.GetFullPath(root)) : KernelRoot.Live;

    /// <summary>Repeats how the instance was asked for, so that DSC finds no difference there: <c>br-netfilter</c> is <c>br_netfilter</c>.</summary>
    protected static void Echo(DscInput desired, JsonObject state)
    {
        state["name"] = desired.RequireText("name");
        AddText(state, "path", desired.Text("path"));
        AddText(state, RootProperty, desired.Text(RootProperty));
    }

    /// <summary>Adds a property, without control characters; none where there is nothing to say.</summary>
    protected static void AddText(JsonObject state, string name, string? text)
    {
        if (text is not null)
        {
            state[name] = Printable.Text(text, 1000);
        }
    }

    /// <summary>Adds what a plan would do to the instance that it would lead to.</summary>
    protected static JsonObject Planned(JsonObject state, IEnumerable<string> steps)
    {
        state["_metadata"] = new JsonObject { ["whatIf"] = new JsonArray([.. steps.Select(s => JsonValue.Create(s))]) };
        return state;
    }
}
