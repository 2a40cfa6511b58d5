using System.Globalization;
using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>
/// What the kernel makes of the text that is written to a key. Most keys hold whole numbers, which it reads in C notation (0x10, 010) and
/// prints in decimal with tabs between; the rest is text (kernel/sysctl.c, proc_get_long).
/// </summary>
public static class SysctlValue
{
    private static readonly char[] Blanks = KernelValue.Blanks;

    // Keys that hold text or a list of numbers, which may look like whole numbers at the moment.
    private static readonly string[] Texts =
    [
        "kernel/hostname", "kernel/domainname", "kernel/core_pattern", "kernel/modprobe", "kernel/poweroff_cmd", "kernel/watchdog_cpumask",
        "kernel/printk_devkmsg", "net/ipv4/tcp_fastopen_key", "net/core/flow_limit_cpu_bitmap", "net/core/rps_default_mask",
    ];

    /// <summary>Pairs that the kernel takes whole or not at all (net/ipv4/sysctl_net_ipv4.c).</summary>
    private static readonly string[] Ranges = ["net/ipv4/ip_local_port_range", "net/ipv4/ping_group_range"];

    /// <summary>A set of ports: <c>80,8080-8090</c> (kernel/sysctl.c, proc_do_large_bitmap).</summary>
    private const string Ports = "net/ipv4/ip_local_reserved_ports";

    /// <summary>What the key reads as once <paramref name="written"/> was written to it. Whether a number is in range only the kernel knows.</summary>
    /// <param name="path">The key.</param>
    /// <param name="written">The text that is written.</param>
    /// <param name="current">What the key reads as before; null where that is not known, and then every text is taken as it is.</param>
    /// <param name="refused">
    /// True where the kernel refuses the text because it is no number. Of several numbers it keeps those before the one that is none; else
    /// the value is the old one, or null where that is not known.
    /// </param>
    public static string? Taken(string path, string written, string? current, out bool refused)
    {
        ArgumentNullException.ThrowIfNull(written);
        refused = false;
        if (path == Ports)
        {
            string? ports = PortSet(written);
            refused = ports is null;
            return ports ?? current;
        }

        string[] numbers = current?.Split(Blanks, StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (numbers.Length == 0 || Array.IndexOf(Texts, path) >= 0 || !Array.TrueForAll(numbers, n => n.AsSpan().TrimStart('-') is [not '0', ..] or "0" && KernelValue.Printed(n) is not null))
        {
            return written;
        }

        // Numbers beyond what the key holds are passed over; those that are missing stay.
        string[] parts = written.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
        refused = parts.Length == 0;
        for (int i = 0; i < Math.Min(parts.Length, numbers.Length) && !refused; i++)
        {
            if (KernelValue.Printed(parts[i]) is { } number)
            {
                numbers[i] = number;
            }
            else
            {
                refused = true;
            }
        }

        return refused && Array.IndexOf(Ranges, path) >= 0 ? current : string.Join('\t', numbers);
    }

    /// <summary>A set of ports as the kernel prints it; null where the text is none.</summary>
    private static string? PortSet(string text)
    {
        var ports = new System.Collections.BitArray(65536);
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.TrimStart(Blanks).Split('-');
            if (ends.Length > 2 || !IsPort(ends[0], out int low) || !IsPort(ends[^1], out int high) || high < low)
            {
                return null;
            }

            for (int port = low; port <= high; port++)
            {
                ports[port] = true;
            }
        }

        var ranges = new List<string>();
        for (int port = 0; port < ports.Length; port++)
        {
            if (ports[port])
            {
                int end = port;
                while (end + 1 < ports.Length && ports[end + 1])
                {
                    end++;
                }

                ranges.Add(end == port ? port.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{port}-{end}"));
                port = end;
            }
        }

        return string.Join(',', ranges);
    }

    private static bool IsPort(string text, out int port)
    {
        bool isPort = ushort.TryParse(KernelValue.Printed(text), NumberStyles.None, CultureInfo.InvariantCulture, out ushort number);
        port = number;
        return isPort;
    }
}
