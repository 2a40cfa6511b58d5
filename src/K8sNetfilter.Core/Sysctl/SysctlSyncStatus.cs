namespace K8sNetfilter.Sysctl;

/// <summary>What came of an assignment when all files were applied.</summary>
public enum SysctlSyncStatus : long
{
    /// <summary>It was written and changed the value.</summary>
    Applied,

    /// <summary>The key had the value already.</summary>
    Unchanged,

    /// <summary>The kernel refused it.</summary>
    Failed,

    /// <summary>It has no effect, as the tool takes it: the key is not there, a later line is about the same key, or the line starts with a dash and failed.</summary>
    Ignored,

    /// <summary>A pattern passed over the key, which another line names.</summary>
    Excluded,
}
