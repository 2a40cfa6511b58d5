namespace K8sNetfilter.IO;

/// <summary>The steps of replacing a file; a test makes any of them fail, or ends the process there.</summary>
internal enum AtomicFileStep
{
    /// <summary>Making the temporary file.</summary>
    Create,

    /// <summary>Writing the new content into it.</summary>
    Write,

    /// <summary>Giving it the owner, mode and attributes of the old file.</summary>
    Label,

    /// <summary>Waiting until it is on the disk.</summary>
    Flush,

    /// <summary>Giving it the file's name.</summary>
    Rename,

    /// <summary>Waiting until the name is on the disk.</summary>
    FlushDirectory,
}
