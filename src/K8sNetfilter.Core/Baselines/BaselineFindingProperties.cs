namespace K8sNetfilter.Baselines;

/// <summary>Makes a finding again of its properties as text: what a file, a job or another session left of it.</summary>
public static class BaselineFindingProperties
{
    /// <summary>Makes the finding.</summary>
    /// <param name="property">Gives a property's text by its name; null or empty for one that is not there or has no value.</param>
    /// <returns>Null where it does not say which requirement it is about.</returns>
    public static BaselineFinding? ToFinding(Func<string, string?> property)
    {
        ArgumentNullException.ThrowIfNull(property);
        if (Text(nameof(BaselineFinding.Baseline)) is not { } baseline || Text(nameof(BaselineFinding.Name)) is not { } name
            || !Enum.TryParse(Text(nameof(BaselineFinding.Kind)), out BaselineRequirementKind kind) || !Enum.IsDefined(kind))
        {
            return null;
        }

        return new BaselineFinding
        {
            Baseline = baseline,
            BaselinePath = Text(nameof(BaselineFinding.BaselinePath)) ?? "",
            Kind = kind,
            Name = name,
            Property = Text(nameof(BaselineFinding.Property)),
            Family = Text(nameof(BaselineFinding.Family)),
            Expected = property(nameof(BaselineFinding.Expected)) ?? "",
            LiveValue = Text(nameof(BaselineFinding.LiveValue)),
            BootValue = Text(nameof(BaselineFinding.BootValue)),
            IsLiveInDesiredState = Truth(nameof(BaselineFinding.IsLiveInDesiredState)),
            IsBootInDesiredState = Truth(nameof(BaselineFinding.IsBootInDesiredState)),
            IsUnknown = Truth(nameof(BaselineFinding.IsInDesiredState)) is null,
            Cause = Text(nameof(BaselineFinding.Cause)),
            Remedy = Text(nameof(BaselineFinding.Remedy)),
            Reason = Text(nameof(BaselineFinding.Reason)),
        };

        string? Text(string of) => property(of) is { Length: > 0 } text ? text : null;

        bool? Truth(string of) => bool.TryParse(property(of), out bool truth) ? truth : null;
    }
}
