using System.Diagnostics;
using K8sNetfilter.Errors;
using K8sNetfilter.Processes;

namespace K8sNetfilter.Tests.Processes;

public sealed class ToolProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("k8snf-tool-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_tool_is_found_in_the_folders_of_tools_and_never_on_PATH()
    {
        string? path = Environment.GetEnvironmentVariable("PATH");
        File.WriteAllText(Path.Combine(_folder, "k8snf-trap"), "#!/bin/sh\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Combine(_folder, "k8snf-trap"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        try
        {
            Environment.SetEnvironmentVariable("PATH", _folder);
            Assert.Null(ToolProcess.Find("k8snf-trap"));
            Assert.Equal(Path.Combine(_folder, "k8snf-trap"), ToolProcess.Find("k8snf-trap", [_folder]));
            Assert.Contains(ToolProcess.Find("sh"), new[] { "/usr/bin/sh", "/bin/sh" });
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    [Fact]
    public void A_tool_that_writes_nothing_for_too_long_is_killed_with_its_children()
    {
        using var tool = ToolProcess.Start("/bin/sh", ["-c", $"sleep 600 & echo $! > {_folder}/child; echo begun; wait"], CancellationToken.None, TimeSpan.FromSeconds(2));
        byte[] buffer = new byte[100];
        Assert.Equal("begun\n"u8, buffer.AsSpan(0, tool.Read(buffer)));
        var late = Assert.Throws<NodeException>(() => tool.Read(buffer));
        Assert.Equal("ToolTimedOut", late.ErrorId);
        Assert.Contains("/bin/sh", late.Message, StringComparison.Ordinal);
        AssertGone(int.Parse(File.ReadAllText(Path.Combine(_folder, "child")), System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void A_reader_that_is_slow_itself_does_not_end_the_tool()
    {
        using var tool = ToolProcess.Start("/bin/sh", ["-c", "echo one; echo two"], CancellationToken.None, TimeSpan.FromSeconds(2));
        byte[] one = new byte[4];
        Assert.Equal(4, tool.Read(one));
        Thread.Sleep(2600);
        Assert.Equal(4, tool.Read(one));
        Assert.Equal("two\n"u8, one);
        Assert.Equal(0, tool.WaitForExit());
    }

    [Fact]
    public void What_a_tool_started_ends_when_the_caller_stops()
    {
        using var stop = new CancellationTokenSource();
        using var tool = ToolProcess.Start("/bin/sh", ["-c", $"sleep 600 & echo $! > {_folder}/child; echo begun; wait"], stop.Token);
        byte[] buffer = new byte[100];
        _ = tool.Read(buffer);
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => tool.Read(buffer));
        AssertGone(int.Parse(File.ReadAllText(Path.Combine(_folder, "child")), System.Globalization.CultureInfo.InvariantCulture));
    }

    // Nobody may be there to collect a child whose parent is gone: a zombie has ended, too.
    private static void AssertGone(int pid)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromSeconds(5))
        {
            string stat = $"/proc/{pid}/stat";
            try
            {
                if (!File.Exists(stat) || File.ReadAllText(stat).Contains(") Z ", StringComparison.Ordinal))
                {
                    return;
                }
            }
            catch (IOException)
            {
                return;
            }

            Thread.Sleep(20);
        }

        Assert.Fail($"process {pid} still runs");
    }
}
