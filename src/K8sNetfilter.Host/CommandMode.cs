namespace K8sNetfilter.Host;

/// <summary>What a run of k8snf does.</summary>
internal enum CommandMode
{
    /// <summary>Says what is wrong with the command line.</summary>
    Usage,

    /// <summary>Shows the help.</summary>
    Help,

    /// <summary>Shows the versions.</summary>
    Version,

    /// <summary>Runs PowerShell text.</summary>
    Text,

    /// <summary>Runs a script.</summary>
    File,
}
