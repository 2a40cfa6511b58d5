using System.Diagnostics;

namespace K8sNetfilter.Tests;

/// <summary>The built k8snf, run as a user runs it: as a process of its own.</summary>
internal static class K8snf
{
    private static readonly TimeSpan TooLong = TimeSpan.FromMinutes(2);

    /// <summary>The top of the checkout.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>
    /// The program: the one that K8SNF_PROGRAM names, which tests/run.sh compiles ahead of time since a run starts in half the time so, else
    /// the one that its own build wrote.
    /// </summary>
    public static string Path { get; } =
        Environment.GetEnvironmentVariable("K8SNF_PROGRAM") is { Length: > 0 } program ? System.IO.Path.GetFullPath(program) : Output("src/K8sNetfilter.Host", "k8snf");

    /// <summary>A bare engine, without the module.</summary>
    public static string EnginePath { get; } = Output("tests/support/Engine", "Engine");

    /// <summary>Runs k8snf with these arguments.</summary>
    public static Result Run(params string[] arguments) => Run(Start(Path, arguments));

    /// <summary>Runs k8snf for longer than a user would wait, where the machine may be busy with other things.</summary>
    public static Result RunLong(params string[] arguments) => Run(Start(Path, arguments), TimeSpan.FromMinutes(20));

    /// <summary>Runs a bash command; <c>$K8SNF</c> is the program.</summary>
    public static Result Bash(string command) => Run(Start("bash", "-c", command));

    /// <summary>
    /// Starts k8snf, and leaves it running. It hears Ctrl-C also where the tests were started by a shell that keeps that from its background
    /// jobs: a program that is started so leaves it alone, as it should.
    /// </summary>
    public static Process Begin(params string[] arguments) => Process.Start(Start("env", ["--default-signal=INT", Path, .. arguments]))!;

    /// <summary>Runs the bare engine.</summary>
    public static Result Engine(string text) => Run(Start(EnginePath, text));

    private static ProcessStartInfo Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        start.Environment["K8SNF"] = Path;
        start.Environment["TERM"] = "xterm";
        start.Environment.Remove("NO_COLOR");
        return start;
    }

    private static Result Run(ProcessStartInfo start, TimeSpan? limit = null)
    {
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit ?? TooLong))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{start.FileName} {string.Join(' ', start.ArgumentList)} did not end.");
        }

        return new Result(process.ExitCode, output.Result, error.Result);
    }

    private static string Output(string project, string program)
    {
        // These tests' own folder names the configuration that everything was built in.
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        return System.IO.Path.Combine(RepositoryRoot, project, "bin", configuration, "net10.0", program);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder.FullName, "K8sNetfilter.psd1")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Run the tests from a checkout.");
        }

        return folder.FullName;
    }

    /// <summary>What a run gave.</summary>
    internal sealed record Result(int ExitCode, string Output, string Error)
    {
        /// <summary>The lines of the output that are not empty.</summary>
        public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
