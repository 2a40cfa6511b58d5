using System;
using System.IO;
using System.Management.Automation;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace K8sNetfilter.Loader;

/// <summary>
/// Lets one package carry machine code for two processors. A ReadyToRun image is refused by a runtime of another architecture or
/// operating system (COR_E_BADIMAGEFORMAT; it does not fall back to its IL), and a manifest cannot ask which machine it is on. So
/// <c>bin/</c> holds portable assemblies, <c>bin/linux-x64/</c> and <c>bin/linux-arm64/</c> hold compiled ones of the two floors with
/// the work in them, and this class, in a nested module that is imported before the root module's types are read, prefers those.
/// A script module that chooses instead costs three times as much at import.
/// </summary>
public sealed class PrecompiledAssemblies : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private static readonly string Folder = Path.Combine(
        Path.GetDirectoryName(typeof(PrecompiledAssemblies).Assembly.Location)!,
        RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => "linux-x64",
            Architecture.Arm64 => "linux-arm64",
            _ => "none",
        });

    /// <inheritdoc/>
    public void OnImport()
    {
        if (OperatingSystem.IsLinux())
        {
            AssemblyLoadContext.Default.Resolving += Resolve;
        }
    }

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => AssemblyLoadContext.Default.Resolving -= Resolve;

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name)
    {
        if (name.Name is not ("K8sNetfilter.Core" or "K8sNetfilter.Linux"))
        {
            return null;
        }

        string path = Path.Combine(Folder, name.Name + ".dll");
        return File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
    }
}
