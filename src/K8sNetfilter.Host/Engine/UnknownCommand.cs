using K8sNetfilter.Text;

namespace K8sNetfilter.Host.Engine;

/// <summary>What to say of a command that is not here.</summary>
internal static class UnknownCommand
{
    /// <summary>One line: what is missing, the nearest name that is here, and where the rest of PowerShell is.</summary>
    public static string Explain(string name)
    {
        string? near = NearNames.Find(name, ModuleCmdlets.All.Keys, most: 1) is [var first, ..] ? first : null;
        string hint = near is null ? "" : $" Did you mean {near}?";
#if POWERSHELL_SDK
        return $"k8snf: There is no command {name}.{hint}";
#else
        return $"k8snf: There is no command {name} here.{hint} k8snf has this module's commands and PowerShell's language; "
            + "Select-Object, Sort-Object and the like are in pwsh (Import-Module K8sNetfilter).";
#endif
    }
}
