namespace K8sNetfilter.Dsc;

/// <summary>How a call ended; the manifests say the same.</summary>
public static class DscExitCode
{
    /// <summary>It was done. That the node is not in the desired state is no failure: the output says so.</summary>
    public const int Done = 0;

    /// <summary>The node could not be asked or changed.</summary>
    public const int Failed = 1;

    /// <summary>The input or the command line is wrong; nothing was asked or changed.</summary>
    public const int Invalid = 2;

    /// <summary>It was stopped (128 + SIGINT).</summary>
    public const int Stopped = 130;
}
