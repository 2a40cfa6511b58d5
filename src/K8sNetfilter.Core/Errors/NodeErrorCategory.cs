namespace K8sNetfilter.Errors;

/// <summary>Kinds of failure; each stands for one PowerShell error category.</summary>
public enum NodeErrorCategory
{
    /// <summary>What was named does not exist.</summary>
    NotFound,

    /// <summary>A value or name is malformed.</summary>
    InvalidArgument,

    /// <summary>A file or reply does not have the form it should have.</summary>
    InvalidData,

    /// <summary>A capability or permission is missing.</summary>
    PermissionDenied,

    /// <summary>Something else uses the object, so that it cannot be changed now.</summary>
    ResourceBusy,

    /// <summary>The kernel, file system or device refused for a reason of its own (full, read-only, I/O error).</summary>
    ResourceUnavailable,

    /// <summary>Configuration forbids it (a blacklist, lockdown, a signature).</summary>
    SecurityError,

    /// <summary>This kernel, operating system or target cannot do it.</summary>
    NotSupported,

    /// <summary>It took longer than allowed.</summary>
    Timeout,

    /// <summary>The operation left something other than what was asked for.</summary>
    InvalidResult,
}
