using K8sNetfilter.Text;

namespace K8sNetfilter.IO;

/// <summary>
/// Whether this process is in a user namespace of its own, user_namespaces(7): there root has rights over what belongs to the namespace,
/// and over nothing else.
/// </summary>
internal static class UserNamespaces
{
    /// <summary>True where it is; false also where it cannot be told.</summary>
    public static bool IsOwn
    {
        get
        {
            // The first user namespace maps all numbers to themselves.
            var bytes = ConfigFolder.TryReadAll(KernelRoot.Live, "/proc/self/uid_map", 1 << 16);
            return bytes is { Length: > 0 } && ByteText.Decode(bytes)
                .Split(default(char[]), StringSplitOptions.RemoveEmptyEntries) is not ["0", "0", "4294967295"];
        }
    }
}
