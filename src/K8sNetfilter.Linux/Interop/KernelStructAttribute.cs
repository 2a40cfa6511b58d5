namespace K8sNetfilter.Interop;

/// <summary>
/// Marks a structure of the kernel's interface. Its fields have the C fields' names, and a test proves size and offsets against the C
/// headers.
/// </summary>
[AttributeUsage(AttributeTargets.Struct)]
internal sealed class KernelStructAttribute(string name, string header) : Attribute
{
    /// <summary>The C name, <c>struct ifinfomsg</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The header, <c>linux/rtnetlink.h</c>.</summary>
    public string Header { get; } = header;
}
