namespace K8sNetfilter.Host.Engine;

/// <summary>What a caller learns from the exit code. A script's own <c>exit n</c> comes through as it is.</summary>
internal static class ExitCode
{
    /// <summary>It ran, and no error record was written.</summary>
    public const int Done = 0;

    /// <summary>An error record was written.</summary>
    public const int Error = 1;

    /// <summary>Nothing was run: the command line is wrong, the text does not parse, or there is no such script.</summary>
    public const int Usage = 2;

    /// <summary>A signal stopped it: 128 and the signal's number, as shells count.</summary>
    public static int Signal(int number) => 128 + number;
}
