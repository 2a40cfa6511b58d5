using System.Globalization;
using K8sNetfilter.Text;

namespace K8sNetfilter.IO;

/// <summary>The capabilities that this process acts with, capabilities(7).</summary>
public static class Capabilities
{
    /// <summary>CAP_NET_ADMIN (include/uapi/linux/capability.h).</summary>
    public const int NetAdmin = 12;

    /// <summary>CAP_NET_RAW.</summary>
    public const int NetRaw = 13;

    /// <summary>CAP_SYS_MODULE.</summary>
    public const int SysModule = 16;

    /// <summary>CAP_SYS_ADMIN.</summary>
    public const int SysAdmin = 21;

    /// <summary>
    /// True where this process has the capability, in the user namespace that it is in; also where it cannot be told, so that it is the
    /// kernel that refuses and not a guess.
    /// </summary>
    public static bool Has(int capability) => Has(KernelRoot.Live, capability);

    /// <inheritdoc cref="Has(int)"/>
    internal static bool Has(KernelRoot root, int capability)
    {
        // The CapEff line of /proc/<pid>/status, proc_pid_status(5).
        const string Field = "CapEff:";
        var bytes = ConfigFolder.TryReadAll(root, "/proc/self/status", 1 << 16);
        string? line = bytes is null ? null
            : ByteText.Decode(bytes).Split('\n').FirstOrDefault(l => l.StartsWith(Field, StringComparison.Ordinal));
        return line is null || !ulong.TryParse(line.AsSpan(Field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture,
            out ulong bits)
            || (bits >> capability & 1) != 0;
    }
}
