using K8sNetfilter.Errors;

namespace K8sNetfilter.Modules;

/// <summary>Names of kernel modules. <c>-</c> and <c>_</c> are the same in them (modprobe(8)); the kernel itself shows <c>_</c>.</summary>
public static class ModuleName
{
    /// <summary>The longest name, in characters: <c>MODULE_NAME_LEN</c> in include/linux/module.h, with its final NUL, is 56.</summary>
    public const int MaximumLength = 55;

    /// <summary>The name as the kernel shows it.</summary>
    public static string Normalize(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Replace('-', '_');
    }

    /// <summary>
    /// Whether a name can be a module's, or an alias such as <c>fs-overlay</c>. Everything that could leave a folder, end a line or start
    /// a comment or an option is refused, so that a name can stand in a path and in a configuration file.
    /// </summary>
    public static bool IsValid(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaximumLength || name[0] == '-')
        {
            return false;
        }

        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Gives the name as the kernel shows it.</summary>
    /// <exception cref="NodeException"><c>ModuleNameInvalid</c>.</exception>
    public static string Check(string? name) => IsValid(name)
        ? Normalize(name!)
        : throw ModuleErrors.NameInvalid(name ?? "");
}
