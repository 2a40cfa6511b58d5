using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using K8sNetfilter.Modules;
using K8sNetfilter.Text;

namespace K8sNetfilter.Dsc;

/// <summary>
/// The parameters of a module as the running kernel shows them, and as the next load gives them. Nobody asks for what a module has of its
/// own: without a wish these are the parameters that a file or the kernel command line sets.
/// </summary>
internal sealed class ModuleParameterState
{
    private readonly KernelModule _module;
    private readonly IModuleSource? _kernel;
    private readonly IReadOnlyDictionary<string, string> _atLoad;
    private readonly JsonObject _values = [];
    private readonly List<string> _warnings = [];

    private ModuleParameterState(KernelModule module, IReadOnlyDictionary<string, string> atLoad, IModuleSource? kernel)
    {
        _module = module;
        _atLoad = atLoad;
        _kernel = kernel;
    }

    /// <summary>True where the kernel has all of them so; one that it does not show counts as so, and is warned of.</summary>
    public bool IsNow { get; private set; } = true;

    /// <summary>True where the next boot gives the same.</summary>
    public bool IsAtBoot { get; private set; } = true;

    /// <summary>What the kernel does not show.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>What is set for a module, by the files or the kernel command line.</summary>
    public static ModuleParameterState Of(KernelModule module, ModprobeConfiguration configuration, IModuleSource source, bool isLive)
    {
        var atLoad = ModuleParameters.AtLoad(configuration, module.Name, module.State == ModuleState.BuiltIn);
        bool isThere = isLive && module.State is ModuleState.Loaded or ModuleState.BuiltIn or ModuleState.Loading;
        var state = new ModuleParameterState(module, atLoad, isThere ? source : null);
        foreach (var (name, value) in atLoad)
        {
            string? now = state._kernel?.Parameter(module.Name, name);
            bool isSame = now is null || ModuleParameters.IsSame(now, value);
            state.IsAtBoot &= isSame;
            state._values[Printable.Text(name, 100)] = Printable.Text(isSame ? value : now!, 1000);
        }

        return state;
    }

    /// <summary>The parameters that were asked for, and no others.</summary>
    public ModuleParameterState HeldAgainst(IReadOnlyList<KeyValuePair<string, JsonValue>> given)
    {
        var state = new ModuleParameterState(_module, _atLoad, _kernel);
        foreach (var (name, asked) in given)
        {
            string wanted = Text(asked), key = ModuleName.Normalize(name);
            string? boot = _atLoad.GetValueOrDefault(key);
            string? now = _kernel is null ? boot : _kernel.Parameter(_module.Name, key);
            bool isUnknown = now is null && _kernel is not null;
            if (isUnknown)
            {
                // Nothing shows it, so a set could never reach it: the files alone can be held against it.
                state._warnings.Add(string.Format(CultureInfo.InvariantCulture, Messages.DscParameterUnproven, _module.Name, key));
            }

            bool isNow = isUnknown || (now is not null && ModuleParameters.IsSame(now, wanted));
            state.IsNow &= isNow;

            // A built-in module has what the kernel was built with where the command line says nothing.
            string? atBoot = boot ?? (_module.State == ModuleState.BuiltIn ? now : null);
            state.IsAtBoot &= atBoot is not null && (ModuleParameters.IsSame(atBoot, wanted) || (now is not null && isNow && ModuleParameters.IsSame(now, atBoot)));
            if (now is not null)
            {
                state._values[name] = isNow ? asked.DeepClone() : Printable.Text(now, 1000);
            }
        }

        return state;
    }

    /// <summary>Puts them into an instance; none where there is nothing to say.</summary>
    public void AddTo(JsonObject state)
    {
        if (_values.Count != 0)
        {
            state["parameters"] = _values;
        }
    }

    /// <summary>A value as modprobe takes it: the kernel reads switches as 1 and 0.</summary>
    public static string Text(JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.True => "1",
        JsonValueKind.False => "0",
        _ => value.ToString(),
    };
}
