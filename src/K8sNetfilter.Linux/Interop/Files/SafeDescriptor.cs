using Microsoft.Win32.SafeHandles;

namespace K8sNetfilter.Interop.Files;

/// <summary>A file descriptor of this process, closed once whatever happens.</summary>
internal sealed class SafeDescriptor : SafeHandleMinusOneIsInvalid
{
    /// <summary>For the marshaller.</summary>
    public SafeDescriptor()
        : base(ownsHandle: true)
    {
    }

    /// <summary>Takes over <paramref name="descriptor"/>.</summary>
    internal SafeDescriptor(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>The number, for building paths and structures while the handle is held.</summary>
    internal int Number => (int)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        OpenAt.Close((int)handle);
        return true;
    }
}
