using System.Text.Json.Nodes;
using K8sNetfilter.Errors;

namespace K8sNetfilter.Dsc;

/// <summary>
/// The command line of the resources for Desired State Configuration v3: an instance comes in as JSON, its state goes out as JSON, and what
/// there is to say goes to the error stream as JSON lines. It needs no PowerShell engine; k8snf and pwsh both call it.
/// </summary>
/// <remarks>https://learn.microsoft.com/powershell/dsc/concepts/resources/anatomy</remarks>
public static class DscCommand
{
    private const string WhatIfOption = "--what-if";
    private const string Owner = "K8sNetfilter/";

    private static readonly DscResource[] Resources = [new KernelModuleResource(), new SysctlResource(), new NodeBaselineResource()];

    /// <summary>The resources' names.</summary>
    public static IReadOnlyList<string> ResourceNames { get; } = [.. Resources.Select(r => r.Name)];

    /// <summary>Answers one call.</summary>
    /// <param name="arguments">The operation, the resource and <c>--what-if</c>: <c>set Sysctl --what-if</c>.</param>
    /// <param name="input">The instance.</param>
    /// <param name="output">Takes the answer.</param>
    /// <param name="error">Takes the messages.</param>
    /// <param name="stop">Stops it.</param>
    /// <returns>One of <see cref="DscExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, Stream input, Stream output, Stream error, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var messages = new DscMessages(error);
        try
        {
            var (operation, resource, whatIf) = Parse(arguments);
            foreach (JsonObject line in Answer(operation, resource, whatIf, input, messages, stop))
            {
                DscJson.WriteLine(output, line);
            }

            return DscExitCode.Done;
        }
        catch (NodeException failure)
        {
            messages.Error(failure.RecommendedAction is null ? failure.Message : $"{failure.Message} {failure.RecommendedAction}");
            return failure.ErrorId.StartsWith("Dsc", StringComparison.Ordinal) ? DscExitCode.Invalid : DscExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            messages.Error(Messages.DscStopped);
            return DscExitCode.Stopped;
        }
    }

    /// <summary>Calls a resource that has one answer, without a change where <paramref name="operation"/> is no Set.</summary>
    internal static JsonObject Call(DscOperation operation, string resource, Stream input) =>
        Answer(operation, Find(resource), false, input, new DscMessages(Stream.Null), default).Single();

    private static IEnumerable<JsonObject> Answer(
        DscOperation operation, DscResource resource, bool whatIf, Stream input, DscMessages messages, CancellationToken stop)
    {
        switch (operation)
        {
            case DscOperation.Get:
                return [Get().Properties];
            case DscOperation.Test:
                var (state, isDesired) = Get();
                state["_inDesiredState"] = isDesired;
                return [state];
            case DscOperation.Set:
                return [resource.Set(Instance(), whatIf, messages, stop)];
            case DscOperation.Export:
                return resource.Export(stop);
            case DscOperation.Schema:
                return [DscManifest.Schema(resource.Name)];
            default:
                return [DscManifest.Read(resource.Name)];
        }

        DscInput Instance() => DscInput.Read(input, resource.Properties);

        DscState Get()
        {
            var state = resource.Get(Instance(), stop);
            foreach (string warning in state.Warnings)
            {
                messages.Warn(warning);
            }

            return state;
        }
    }

    private static (DscOperation Operation, DscResource Resource, bool WhatIf) Parse(IReadOnlyList<string> arguments)
    {
        bool whatIf = arguments.Count == 3 && arguments[2] == WhatIfOption;
        if ((arguments.Count != 2 && !whatIf) || !Enum.TryParse(arguments[0], ignoreCase: true, out DscOperation operation) || !char.IsAsciiLetter(arguments[0][0]))
        {
            throw Usage();
        }

        var resource = Find(arguments[1]);
        return !whatIf || operation == DscOperation.Set ? (operation, resource, whatIf) : throw Usage();
    }

    // By its own name, or by the one that a configuration calls it: K8sNetfilter/Sysctl.
    private static DscResource Find(string name)
    {
        var own = name.StartsWith(Owner, StringComparison.OrdinalIgnoreCase) ? name.AsSpan(Owner.Length) : name;
        foreach (var resource in Resources)
        {
            if (own.Equals(resource.Name, StringComparison.OrdinalIgnoreCase))
            {
                return resource;
            }
        }

        throw Usage();
    }

    private static NodeException Usage() => NodeException.Create(
        Messages.ResourceManager, nameof(Messages.DscUsage), NodeErrorCategory.InvalidArgument, string.Join("|", ResourceNames));
}
