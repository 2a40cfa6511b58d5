using System.Management.Automation;
using System.Reflection;
using System.Runtime.InteropServices;
using K8sNetfilter.Host.Interop;

namespace K8sNetfilter.Host.Engine;

/// <summary>
/// Gives the engine its native library where k8snf is one file: from memory, so that nothing is unpacked on the node. It is asked for
/// when the engine starts a program or logs, not before.
/// </summary>
internal static class EngineLibrary
{
    private const string Name = "libpsl-native";

    /// <summary>Answers the engine's search for the library.</summary>
    public static void Provide()
    {
        if (OperatingSystem.IsLinux())
        {
            NativeLibrary.SetDllImportResolver(typeof(PSObject).Assembly, Resolve);
        }
    }

    /// <returns>The library; 0 lets the runtime search as it always does.</returns>
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != Name || typeof(EngineLibrary).Assembly.GetManifestResourceStream(Name + ".so") is not { } resource)
        {
            return 0;
        }

        using (resource)
        {
            byte[] content = new byte[resource.Length];
            resource.ReadExactly(content);
            int descriptor = Libc.MemoryFile("libpsl-native\0"u8);
            return descriptor >= 0 && Libc.WriteAll(descriptor, content) == 0 && NativeLibrary.TryLoad($"/proc/self/fd/{descriptor}", out nint library)
                ? library
                : 0;
        }
    }
}
