using System.Collections;
using System.Globalization;
using System.Management.Automation;
using K8sNetfilter.Baselines;
using K8sNetfilter.Conntrack;

namespace K8sNetfilter.Surface;

/// <summary>
/// Takes for a parameter also what is left of its objects in a file, a job or another session (Import-Clixml, ConvertFrom-Json, Import-Csv):
/// their properties. An object without the properties that name the thing is passed on unchanged, and the engine refuses it.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class FromPropertiesAttribute : ArgumentTransformationAttribute
{
    private readonly Func<Func<string, string?>, object?> _make;

    /// <summary>Makes it for a type of objects.</summary>
    public FromPropertiesAttribute(Type type)
    {
        Type = type;
        _make = type == typeof(ConntrackEntry) ? ConntrackProperties.ToEntry : BaselineFindingProperties.ToFinding;
    }

    /// <summary>The type of the objects.</summary>
    public Type Type { get; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        inputData is PSObject { BaseObject: IList and not IDictionary } or IList and not IDictionary
            ? ((IList)(inputData is PSObject list ? list.BaseObject : inputData)).Cast<object>().Select(Made).ToArray()
            : Made(inputData);

    private object Made(object item)
    {
        if (item is not PSObject shown || Type.IsInstanceOfType(shown.BaseObject))
        {
            return item;
        }

        return _make(name => shown.Properties[name]?.Value is { } value ? value is PSObject ? value.ToString() : Convert.ToString(value, CultureInfo.InvariantCulture) : null) ?? item;
    }
}
