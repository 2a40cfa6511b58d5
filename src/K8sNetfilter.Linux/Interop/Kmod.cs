using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop;

/// <summary>
/// libkmod, as far as loading and unloading a module goes (libkmod/libkmod.h). The library is looked for only when it is needed, and a node
/// without it is told apart from a failure.
/// </summary>
internal static unsafe partial class Kmod
{
    /// <summary>
    /// The result of <see cref="Load"/> where a blacklist keeps the module out (<c>KMOD_PROBE_APPLY_BLACKLIST</c>, kmod_probe in
    /// libkmod.h).
    /// </summary>
    public const int Blacklisted = 0x20000;

    private static readonly Lazy<bool> Library = new(() => NativeLibrary.TryLoad(LibraryNames.Kmod, typeof(Kmod).Assembly, null, out _));

    /// <summary>Whether this node has the library.</summary>
    public static bool IsThere => Library.Value;

    /// <summary>
    /// Loads what a name leads to, with what it needs, honouring install commands and blacklists. Gives 0 (also where it was loaded
    /// before), the error number, or <see cref="Blacklisted"/>.
    /// </summary>
    public static int Load(string name, string options)
    {
        nint context = Open();
        if (context == 0)
        {
            return Errno.ENOMEM;
        }

        nint list = 0;
        try
        {
            int result = kmod_module_new_from_lookup(context, name, ref list);
            if (result < 0 || list == 0)
            {
                return result < 0 ? -result : Errno.ENOENT;
            }

            for (nint entry = list; entry != 0 && result >= 0; entry = kmod_list_next(list, entry))
            {
                nint module = kmod_module_get_module(entry);
                result = kmod_module_probe_insert_module(module, Blacklisted, options.Length == 0 ? null : options, 0, 0, 0);
                _ = kmod_module_unref(module);
                if (result > 0)
                {
                    return result;
                }
            }

            return -result;
        }
        finally
        {
            _ = kmod_module_unref_list(list);
            _ = kmod_unref(context);
        }
    }

    /// <summary>Takes one module out of the kernel; what it needs stays. Gives 0 or the error number.</summary>
    public static int Unload(string module)
    {
        nint context = Open();
        if (context == 0)
        {
            return Errno.ENOMEM;
        }

        try
        {
            int result = kmod_module_new_from_name(context, module, out nint handle);
            if (result < 0)
            {
                return -result;
            }

            result = kmod_module_remove_module(handle, 0);
            _ = kmod_module_unref(handle);
            return -result;
        }
        finally
        {
            _ = kmod_unref(context);
        }
    }

    private static nint Open()
    {
        nint context = kmod_new(0, 0);
        if (context != 0)
        {
            // It would write to standard error; what it has to say comes back as an error number.
            kmod_set_log_priority(context, 0);
            _ = kmod_load_resources(context);
        }

        return context;
    }

    [LibraryImport(LibraryNames.Kmod)]
    private static partial nint kmod_new(nint folder, nint configurationPaths);

    [LibraryImport(LibraryNames.Kmod)]
    private static partial nint kmod_unref(nint context);

    [LibraryImport(LibraryNames.Kmod)]
    private static partial void kmod_set_log_priority(nint context, int priority);

    [LibraryImport(LibraryNames.Kmod)]
    private static partial int kmod_load_resources(nint context);

    [LibraryImport(LibraryNames.Kmod, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int kmod_module_new_from_lookup(nint context, string name, ref nint list);

    [LibraryImport(LibraryNames.Kmod, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int kmod_module_new_from_name(nint context, string name, out nint module);

    [LibraryImport(LibraryNames.Kmod)]
    private static partial nint kmod_list_next(nint list, nint entry);

    [LibraryImport(LibraryNames.Kmod)]
    private static partial nint kmod_module_get_module(nint entry);

    [LibraryImport(LibraryNames.Kmod, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int kmod_module_probe_insert_module(nint module, uint flags, string? options, nint runInstall, nint data,
        nint printAction);

    [LibraryImport(LibraryNames.Kmod)]
    private static partial int kmod_module_remove_module(nint module, uint flags);

    [LibraryImport(LibraryNames.Kmod)]
    private static partial nint kmod_module_unref(nint module);

    [LibraryImport(LibraryNames.Kmod)]
    private static partial int kmod_module_unref_list(nint list);
}
