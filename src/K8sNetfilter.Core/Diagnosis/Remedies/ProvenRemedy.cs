using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Remedies;

/// <summary>What came of trying a remedy on the observed node.</summary>
/// <param name="Remedy">The remedy that has the call work, perhaps with more steps; null where it does not.</param>
/// <param name="Text">What was tried, as a line.</param>
/// <param name="After">What was found after it.</param>
internal sealed record ProvenRemedy(Remedy? Remedy, string Text, CallVerdict After)
{
    private ValueList<string>? _given;

    /// <summary>True where what was asked about is all that it takes.</summary>
    public bool IsAlone(Remedy asked) => ReferenceEquals(Remedy, asked);

    /// <summary>The finding with what is known of its remedy.</summary>
    public CallVerdict Apply(CallVerdict finding)
    {
        if (Remedy is not null)
        {
            return finding with { Remedy = Remedy, Gives = After.Verdict, Given = _given ??= [.. After.Assumptions] };
        }

        string rest = finding.Otherwise is not null ? ""
            : After.Verdict == ServiceVerdict.Broken
            ? RemedyMessages.IsNotEnoughSinceCall(Text, After.Cause, After.Evidence)
            : RemedyMessages.WhetherIsEnoughIsNot(Text, After.Evidence);
        return finding with { Remedy = finding.Otherwise, Evidence = finding.Evidence + rest };
    }
}
