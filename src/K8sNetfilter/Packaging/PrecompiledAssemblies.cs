using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace K8sNetfilter.Packaging;

/// <summary>
/// Lets one package carry machine code for two processors. A ReadyToRun image is refused by a runtime of another architecture or
/// operating system (COR_E_BADIMAGEFORMAT; it does not fall back to its IL), and a manifest cannot ask which machine it is on. So
/// <c>bin/</c> holds portable assemblies, <c>bin/linux-x64/</c> and <c>bin/linux-arm64/</c> (for .NET 10 below <c>bin/net10/</c>) hold compiled ones
/// of the two floors with
/// the work in them, and this class, which the engine calls at import, prefers those.
/// <para>
/// It is called when this assembly's public types have been loaded, which must not have brought in the portable assemblies by then: no
/// public type has a base, an interface or a field of a value type from the lower floors (a cmdlet keeps an enumeration as its number). A
/// nested module would be called before that, and is one more module to find, read and list at each import.
/// </para>
/// </summary>
public sealed class PrecompiledAssemblies : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnImport()
    {
        if (OperatingSystem.IsLinux())
        {
            AssemblyLoadContext.Default.Resolving += Resolve;
        }

        // The engine will match the names of the cmdlets against the manifest's by the rules of a culture, for which ICU reads its
        // collation: the longest single step of an import, taken while the engine reads the attributes of the cmdlets.
        new Thread(static () => string.Equals("a", "b", StringComparison.InvariantCultureIgnoreCase)) { IsBackground = true }.Start();
    }

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => AssemblyLoadContext.Default.Resolving -= Resolve;

    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "k8snf, which may be one file, has the cmdlets built in and imports nothing.")]
    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name)
    {
        if (name.Name is not ("K8sNetfilter.Core" or "K8sNetfilter.Linux"))
        {
            return null;
        }

        string folder = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => "linux-x64",
            Architecture.Arm64 => "linux-arm64",
            _ => "none",
        };
        // .NET 10 has another image format; earlier ones ignore it, and it ignores theirs (see Package.proj).
        string format = Environment.Version.Major >= 10 ? "net10" : "";
        string bin = Path.GetDirectoryName(typeof(PrecompiledAssemblies).Assembly.Location)!;
        string path = Path.Combine(bin, format, folder, name.Name + ".dll");
        return File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
    }
}
