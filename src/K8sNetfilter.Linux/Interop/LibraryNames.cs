namespace K8sNetfilter.Interop;

/// <summary>The native libraries that this floor calls.</summary>
internal static class LibraryNames
{
    /// <summary>The C library: glibc or musl.</summary>
    public const string LibC = "libc";
}
