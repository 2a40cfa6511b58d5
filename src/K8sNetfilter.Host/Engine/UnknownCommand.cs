using K8sNetfilter.Text;

namespace K8sNetfilter.Host.Engine;

/// <summary>What to say of a command that is not here.</summary>
internal static class UnknownCommand
{
    /// <summary>One line: what is missing, the nearest name that is here, and where the rest of PowerShell is.</summary>
    public static string Explain(string name)
    {
        string? near = NearNames.Find(name, ModuleCmdlets.All.Keys, most: 1) is [var first, ..] ? first : null;
#if POWERSHELL_SDK
        return near is null ? EngineMessages.NoCommand(name) : EngineMessages.NoCommandButNear(name, near);
#else
        return near is null ? EngineMessages.NoCommandHere(name) : EngineMessages.NoCommandHereButNear(name, near);
#endif
    }
}
