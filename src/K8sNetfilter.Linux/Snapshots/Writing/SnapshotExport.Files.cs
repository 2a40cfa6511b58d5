using K8sNetfilter.IO;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Snapshots.Writing;

/// <content>The configuration files.</content>
public sealed partial class SnapshotExport
{
    private static readonly string[] ConfigurationFolders =
    [
        .. new[] { "/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib" }.SelectMany(d =>
        new[] { d + "/sysctl.d", d + "/modules-load.d", d + "/modprobe.d" }),
    ];

    // Files of programs that set kernel parameters after the boot did: small, and without secrets.
    private static readonly string[] LaterFiles =
    [
        "/etc/os-release", "/etc/ufw/ufw.conf", "/etc/default/ufw", "/etc/ufw/sysctl.conf", "/etc/systemd/networkd.conf",
            "/usr/lib/systemd/networkd.conf",
        "/etc/tuned/active_profile", "/etc/tuned/tuned-main.conf",
    ];

    private static readonly (string Folder, string Suffix)[] LaterFolders =
    [
        .. new[] { "/etc/systemd", "/run/systemd", "/usr/lib/systemd" }.SelectMany(d =>
        new[] { (d + "/networkd.conf.d", ".conf"), (d + "/network", ".network") }),
    ];

    private void CaptureFiles()
    {
        foreach (string folder in ConfigurationFolders)
        {
            foreach (string name in ConfigFolder.List(_node.Root, folder, out _)?.Order(StringComparer.Ordinal)
                ?? Enumerable.Empty<string>())
            {
                _stop.ThrowIfCancellationRequested();
                if (name.EndsWith(".conf", StringComparison.Ordinal) || name.EndsWith(".alias", StringComparison.Ordinal))
                {
                    Copy($"{folder}/{name}");
                }
            }
        }

        Copy(LiveSysctls.ProcpsFile);
        CaptureLaterWriters();
        Copy("/etc/iproute2/rt_tables");

        // Their names tell the plugin and the runtime; what is in them can be secret.
        foreach (string name in ConfigFolder.List(_node.Root, "/etc/cni/net.d", out _)?.Where(n => n is not ("." or "..")) ?? [])
        {
            Exists($"/etc/cni/net.d/{name}");
        }

        foreach (string socket in Baselines.ContainerRuntimes.Sockets)
        {
            Exists(socket);
        }
    }

    private void CaptureLaterWriters()
    {
        foreach (string path in LaterFiles)
        {
            Copy(path);
        }

        foreach (var (folder, suffix) in LaterFolders)
        {
            foreach (string name in ConfigFolder.List(_node.Root, folder, out _)?.Where(n => n.EndsWith(suffix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>())
            {
                // A .network file can carry a key of its provider; of what decides nothing here only lines that do are taken.
                CopyLines($"{folder}/{name}", line => line.StartsWith('[') || line.Contains("Forward", StringComparison.Ordinal)
                    || line.StartsWith("IPMasquerade", StringComparison.Ordinal));
            }
        }

        foreach (string folder in new[] { "/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d" })
        {
            foreach (string name in ConfigFolder.List(_node.Root, folder, out _)?.Where(n => n.EndsWith(".rules", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>())
            {
                if (ConfigFolder.ReadFile(_node.Root, $"{folder}/{name}").Content.Span.IndexOf("systemd-sysctl"u8) >= 0)
                {
                    Copy($"{folder}/{name}");
                }
            }
        }

        CaptureTuned();
        CaptureUnits();
    }

    private void CaptureTuned()
    {
        foreach (string folder in new[] { "/etc/tuned/profiles", "/etc/tuned", "/usr/lib/tuned/profiles", "/usr/lib/tuned" })
        {
            foreach (string profile in ConfigFolder.List(_node.Root, folder, out _)?.Where(n => n is not ("." or ".."))
                .Order(StringComparer.Ordinal).Take(200) ?? Enumerable.Empty<string>())
            {
                CopyLines($"{folder}/{profile}/tuned.conf", _ => true);
            }
        }
    }

    // An enabled unit is a link in a folder *.wants; that it is there is all that counts.
    private void CaptureUnits()
    {
        var wanted = LaterSysctls.Units.ToHashSet(StringComparer.Ordinal);
        foreach (string folder in new[] { "/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system" })
        {
            foreach (string wants in ConfigFolder.List(_node.Root, folder, out _)?.Where(n =>
                n.EndsWith(".wants", StringComparison.Ordinal)) ?? [])
            {
                // One that is always there shows that the folders were looked at.
                foreach (string unit in ConfigFolder.List(_node.Root, $"{folder}/{wants}", out _)?.Where(n => wanted.Contains(n)
                    || n == "remote-fs.target" || n == "systemd-sysctl.service") ?? [])
                {
                    string path = $"{folder}/{wants}/{unit}";
                    if (_written.Add(path))
                    {
                        _writer.Create(path.TrimStart('/')).Dispose();
                    }
                }
            }
        }
    }

    // The lines of a file that are asked for, the others empty, so that their numbers stay.
    private void CopyLines(string path, Func<string, bool> wants)
    {
        var file = ConfigFolder.ReadFile(_node.Root, path);
        if (file.Problem is null && !file.IsMask && _written.Add(path))
        {
            using var output = Create(path.TrimStart('/'), isConfiguration: true);
            output.Write(ByteText.Encode(string.Join('\n', ByteText.Decode(file.Content.Span).Split('\n').Select(l => wants(l) ? l : ""))));
        }
    }
}
