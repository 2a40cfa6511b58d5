using System.Globalization;
using System.Management.Automation;
using K8sNetfilter.Baselines;

namespace K8sNetfilter.Commands;

/// <summary>
/// Asks for the steps of a plan, one by one: -WhatIf prints each, -Confirm asks for each, and without either those are asked for that can cut
/// traffic, as a cmdlet of high impact does: a plan that only writes files is not worth a question.
/// </summary>
internal static class StepConsent
{
    /// <summary>Gives the numbers of the steps that are not to be done.</summary>
    public static HashSet<int> Ask(PSCmdlet cmdlet, IReadOnlyList<BaselineStep> steps)
    {
        var declined = new HashSet<int>();
        bool yes = false, no = false;
        bool isDecided = cmdlet.MyInvocation.BoundParameters.ContainsKey("Confirm")
            || LanguagePrimitives.TryConvertTo<ConfirmImpact>(cmdlet.GetVariableValue("ConfirmPreference"), out var preference) && preference == ConfirmImpact.None;
        foreach (var step in steps)
        {
            bool isWanted = cmdlet.ShouldProcess(step.Target, step.Action)
                && (isDecided || !step.CanCutTraffic || cmdlet.ShouldContinue(
                    string.Format(CultureInfo.InvariantCulture, Messages.BaselineCut, step.Target, step.Action), cmdlet.MyInvocation.MyCommand.Name, ref yes, ref no));
            if (!isWanted)
            {
                declined.Add(step.Number);
            }
        }

        return declined;
    }
}
