using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace K8sNetfilter.Host.Engine;

/// <summary>
/// Lets text that speaks of the module find it. k8snf has its cmdlets without an import, for the sake of its start; a script made for
/// pwsh says <c>Import-Module K8sNetfilter</c> or <c>#requires -Modules K8sNetfilter</c>, and a reader asks Get-Command -Module.
/// </summary>
internal static class ModuleIdentity
{
    private const string Name = "K8sNetfilter";

    /// <summary>What stands in front of the engine's Import-Module, which looks for files: the module is here already.</summary>
    public const string ImportModuleFunction = $$"""
        if ('{{Name}}' -in $args) { if ('-PassThru' -in $args) { Get-Module {{Name}} } }
        elseif ($MyInvocation.ExpectingInput) { $input | Microsoft.PowerShell.Core\Import-Module @args }
        else { Microsoft.PowerShell.Core\Import-Module @args }
        """;

    /// <summary>True where the text may ask for it.</summary>
    public static bool IsAskedBy(string text) =>
        text.Contains("module", StringComparison.OrdinalIgnoreCase) || text.Contains(Name + "\\", StringComparison.OrdinalIgnoreCase);

    /// <summary>Gives the session a module of the name and version, to which the cmdlets belong.</summary>
    public static void Show(Runspace runspace)
    {
        using var shell = PowerShell.Create(runspace);
        var module = shell.AddScript($"New-Module -Name {Name} -ScriptBlock {{ }} | Microsoft.PowerShell.Core\\Import-Module -PassThru").Invoke<PSModuleInfo>().Single();
        SetVersion(module, typeof(ModuleIdentity).Assembly.GetName().Version is { } version ? new Version(version.ToString(3)) : new Version(0, 0));
        foreach (string name in ModuleCmdlets.All.Keys)
        {
            var cmdlet = runspace.SessionStateProxy.InvokeCommand.GetCmdlet(name);
            SetModule(cmdlet, module);
            Exports(module).Add(cmdlet);
        }
    }

    // The engine keeps these to itself: nothing public ties a cmdlet of the initial session to a module. Each has a test that uses it,
    // so that an engine without them is noticed when it is taken.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_Module")]
    private static extern void SetModule(CommandInfo command, PSModuleInfo module);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "SetVersion")]
    private static extern void SetVersion(PSModuleInfo module, Version version);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_CompiledExports")]
    private static extern List<CmdletInfo> Exports(PSModuleInfo module);
}
