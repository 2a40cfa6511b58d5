using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.IO;
using K8sNetfilter.Modules;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Modules;

/// <summary>A node without libkmod: modprobe(8) and rmmod(8) load and unload there. Both are stand-ins that a test can look at.</summary>
public sealed class ModprobeLoaderTests
{
    private const string Log = "/mnt/log";

    [Fact]
    public void Where_libkmod_is_missing_modprobe_and_rmmod_do_it() => PrivateProcess.Run(nameof(Modprobe_and_rmmod_are_called_without_libkmod));

    /// <summary>The other half, in a process that has the file system to itself.</summary>
    [Fact(Explicit = true)]
    public void Modprobe_and_rmmod_are_called_without_libkmod()
    {
        PrivateProcess.Require();
        PrivateProcess.Bash("""
            mount -t tmpfs none /mnt; mkdir -p /mnt/root/lib/modules/6.1.0/kernel; cd /mnt/root/lib/modules/6.1.0
            printf 'kernel/overlay.ko:\n' > modules.dep; touch kernel/overlay.ko
            for library in $(ls /lib/*/libkmod.so.2 /usr/lib/*/libkmod.so.2 /lib/libkmod.so.2 /usr/lib/libkmod.so.2 2>/dev/null); do mount --bind /dev/null "$library"; done
            for tool in modprobe rmmod; do
              # Both are links to one program on most systems, so it asks for its name.
              printf '#!/bin/sh\necho "${0##*/}" "$@" >> /mnt/log\n. /mnt/answer\n' > /mnt/$tool; chmod +x /mnt/$tool
              for folder in /usr/sbin /sbin /usr/bin /bin; do [ ! -e $folder/$tool ] || mount --bind /mnt/$tool $folder/$tool; done
              [ -e /usr/sbin/$tool ] || { mount -t tmpfs none /usr/local/bin; cp /mnt/$tool /usr/local/bin; }
            done
            """);
        Assert.False(Kmod.IsThere);
        var root = new KernelRoot("/mnt/root");
        var kernel = new FakeKernel();

        // What the tool is told, the test's kernel does afterwards: it looks into the log.
        var control = new ModuleControl(root) { Kernel = live => kernel.Seen(live, Loaded()) };
        Answer("exit 0");
        Assert.Equal(ModuleState.Loaded, control.Enable(control.PlanEnable("overlay", "a=1 b=\"2 3\"", null), default).State);
        Assert.Equal(["modprobe -b -- overlay a=1 b=\"2 3\""], File.ReadAllLines(Log));
        Assert.Equal(ModuleState.Available, control.Disable(control.PlanDisable("overlay", persist: false), default).State);
        Assert.Equal("rmmod overlay", File.ReadAllLines(Log)[^1]);

        foreach (var (said, id, errno) in new[]
        {
            ("Operation not permitted", "ModuleNotPermitted", Errno.EPERM), ("Key was rejected by service", "ModuleSignatureRejected", Errno.EKEYREJECTED),
            ("Exec format error", "ModuleWrongFormat", Errno.ENOEXEC), ("something \\033[2J else", "ModuleLoadFailed", 0),
        })
        {
            File.Delete(Log);
            Answer($"printf \"modprobe: ERROR: could not insert 'overlay': {said}\\n\" >&2; exit 1");
            var failure = Assert.Throws<NodeException>(() => control.Enable(control.PlanEnable("overlay", "", null), default));
            Assert.Equal((id, errno), (failure.ErrorId, failure.Errno));
            Assert.DoesNotContain(failure.Message, char.IsControl);
        }

        PrivateProcess.Bash("for folder in /usr/sbin /sbin /usr/bin /bin; do while mountpoint -q $folder/modprobe; do umount $folder/modprobe; done; [ ! -e $folder/modprobe ] || mount --bind /dev/null $folder/modprobe; done; rm -f /usr/local/bin/modprobe");
        var missing = Assert.Throws<NodeException>(() => control.Enable(control.PlanEnable("overlay", "", null), default));
        Assert.Equal("ModuleToolsMissing", missing.ErrorId);
        Assert.Contains("kmod", missing.RecommendedAction, StringComparison.Ordinal);
    }

    private static void Answer(string script) => File.WriteAllText("/mnt/answer", script + "\n");

    private static IEnumerable<string> Loaded()
    {
        var loaded = new HashSet<string>(StringComparer.Ordinal);
        foreach (string[] words in (File.Exists(Log) ? File.ReadAllLines(Log) : []).Select(l => l.Split(' ')).Where(_ => File.ReadAllText("/mnt/answer").StartsWith("exit 0", StringComparison.Ordinal)))
        {
            _ = words[0] == "modprobe" ? loaded.Add(words[3]) : loaded.Remove(words[1]);
        }

        return loaded;
    }
}
