namespace K8sNetfilter.Interop;

/// <summary>The native libraries that this floor calls.</summary>
internal static class LibraryNames
{
    /// <summary>The C library: glibc or musl.</summary>
    public const string LibC = "libc";

    /// <summary>libkmod, which modprobe(8) and systemd-modules-load(8) load modules through. A node may lack it.</summary>
    public const string Kmod = "libkmod.so.2";
}
